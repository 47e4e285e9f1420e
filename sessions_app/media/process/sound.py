"""Waveform, loudness and audio track: one pass over the main audio stream."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import Any

import av
from av.container import InputContainer
from av.filter import Graph

from dubbing_core.sentences import template
from sessions_app.media.process.audio_track import AudioTrack
from sessions_app.media.process.connection import ResultFile
from sessions_app.media.process.errors import UnmakeableError
from sessions_app.media.process.opening import get_origin, read_packets

Report = dict[str, Any]
Emit = Callable[[str, Report], None]
"""Hands over what is in the file for results: kind and description."""

SAMPLE_RATE = 8000
RATES = ((30, 100), (600, 50))
"""Pairs per second up to a length in seconds; of longer audio `LONG_RATE`."""
LONG_RATE = 20
MAX_SECONDS = 6 * 3600
TOO_LONG = template("It is longer than 6 hours.")
UNDECODABLE = template("Nothing of its sound can be decoded.")
SILENCE = -70.0
"""LUFS, the gate of the measurement."""
GAP_SECONDS = 0.1
"""A longer gap between two frames is silence of the recording, not inaccuracy."""
LOST_SECONDS = 0.5
"""A longer gap after a packet that cannot be decoded is damage."""
MISSING_SECONDS = 1.0
"""A longer gap without such a packet as well: containers skip what they cannot read."""


class Peaks:
    """Least and greatest sample of equal intervals, as signed bytes."""

    def __init__(self, rate: int, origin: float) -> None:
        self.rate = rate
        self.pairs = array("b")
        self._samples_per_pair = SAMPLE_RATE // rate
        self._origin = origin
        self._resampler = self._make_resampler()
        self._samples = array("h")
        self._position = 0

    def add(self, frame: Any) -> None:
        if frame.time is not None:
            self._pad(round((frame.time - self._origin) * SAMPLE_RATE))
        try:
            resampled = self._resampler.resample(frame)
        except ValueError:  # the stream changed its format
            self._resampler = self._make_resampler()
            resampled = self._resampler.resample(frame)
        for each in resampled:
            self._append(bytes(each.planes[0])[: each.samples * 2])

    def finish(self) -> bytes:
        for each in self._resampler.resample(None):
            self._append(bytes(each.planes[0])[: each.samples * 2])
        if self._samples:
            self._add_pair(self._samples)
        return self.pairs.tobytes()

    def _pad(self, position: int) -> None:
        if position > MAX_SECONDS * SAMPLE_RATE:
            raise UnmakeableError(TOO_LONG)
        missing = position - self._position
        if missing > GAP_SECONDS * SAMPLE_RATE:
            self._append_silence(missing)

    def _append_silence(self, count: int) -> None:
        """Append samples without holding them: a gap may have hours."""
        size = self._samples_per_pair
        first = min(count, -len(self._samples) % size)
        self._append(bytes(first * 2))
        pairs, rest = divmod(count - first, size)
        self.pairs.frombytes(bytes(pairs * 2))
        self._position += pairs * size
        self._append(bytes(rest * 2))

    def _append(self, data: bytes) -> None:
        self._samples.frombytes(data)
        self._position += len(data) // 2
        size = self._samples_per_pair
        full = len(self._samples) // size * size
        for start in range(0, full, size):
            self._add_pair(self._samples[start : start + size])
        del self._samples[:full]

    def _add_pair(self, samples: array[int]) -> None:
        self.pairs.append(min(samples) >> 8)
        self.pairs.append(max(samples) >> 8)

    @staticmethod
    def _make_resampler() -> Any:
        return av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)


class Loudness:
    """Integrated loudness and true peak (EBU R 128)."""

    def __init__(self) -> None:
        self._graph: Any = None
        self._format: object = None
        self._is_usable = True
        self._integrated: float | None = None
        self._true_peak = 0.0

    def add(self, frame: Any) -> None:
        if not self._is_usable:
            return
        shape = frame.format.name, frame.layout.name, frame.sample_rate
        if self._graph is None:
            self._graph, self._format = self._make_graph(frame), shape
        if shape != self._format:
            self._is_usable = False  # a measurement of a part would be wrong
            return
        self._graph.push(frame)
        self._pull()

    def finish(self) -> Report:
        if self._graph is not None and self._is_usable:
            self._graph.push(None)
            self._pull()
        is_silent = self._integrated is None or self._integrated <= SILENCE
        if not self._is_usable or is_silent:
            return {"integrated": None, "true_peak": None}
        peak = 20 * math.log10(self._true_peak) if self._true_peak > 0 else None
        return {
            "integrated": round(self._integrated or 0.0, 2),
            "true_peak": None if peak is None else round(peak, 2),
        }

    def _pull(self) -> None:
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, EOFError):
                return
            metadata = frame.metadata
            if "lavfi.r128.I" in metadata:
                self._integrated = float(metadata["lavfi.r128.I"])
                self._true_peak = max(self._true_peak, float(metadata.get("lavfi.r128.true_peak", 0)))

    @staticmethod
    def _make_graph(frame: Any) -> Graph:
        graph = Graph()
        graph.threads = 1
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
        )
        meter, sink = graph.add("ebur128", "peak=true:metadata=1"), graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        return graph


class Damage:
    """Places of the audio that cannot be decoded."""

    def __init__(self) -> None:
        self.end = 0.0
        self._gaps = 0
        self._first: tuple[float, float] | None = None
        self._has_begun = self._has_failed = False

    def fail(self) -> None:
        """Record a packet that cannot be decoded, or a place that cannot be read."""
        self._has_failed = True

    def decode(self, start: float, end: float) -> None:
        """Record a decoded frame."""
        longest = LOST_SECONDS if self._has_failed else MISSING_SECONDS
        if self._has_begun and start - self.end > longest:
            self._gaps += 1
            self._first = self._first or (self.end, start)
        self._has_begun, self._has_failed = True, False
        self.end = max(self.end, end)

    def describe(self) -> Report:
        return {"gaps": self._gaps, "first_gap": self._first, "decoded_end": self.end}


def choose_rate(duration: float | None) -> int:
    if duration is None:
        return LONG_RATE
    return next((rate for seconds, rate in RATES if duration <= seconds), LONG_RATE)


class SoundPass:
    """What is made of the stream while it is read."""

    def __init__(self, kinds: set[str], *, peaks: Peaks, track: AudioTrack | None, origin: float) -> None:
        self._consumers: list[Peaks | AudioTrack | Loudness] = [peaks, *filter(None, [track])]
        self.loudness = Loudness() if "loudness" in kinds else None
        if self.loudness is not None:
            self._consumers.append(self.loudness)
        self._track = track
        self._origin = origin
        self.damage = Damage()

    def read(self, packet: Any) -> None:
        try:
            frames = packet.decode() if packet.size or packet.dts is None else []
        except av.FFmpegError:
            self.damage.fail()
            frames = []
        for frame in frames:
            start = self._get_time(frame)
            start = self.damage.end if start is None else start
            self.damage.decode(start, start + frame.samples / (frame.sample_rate or 1))
            for consumer in self._consumers:
                consumer.add(frame)
        if self._track is not None and packet.size:
            self._track.add_packet(packet)

    def _get_time(self, item: Any) -> float | None:
        return None if item.pts is None else float(item.pts * item.time_base) - self._origin


def make_sound(
    container: InputContainer,
    stream: Any,
    *,
    kinds: set[str],
    duration: float | None,
    result: ResultFile,
    emit: Emit,
) -> Report:
    """Make peaks, loudness and audio track; return what is damaged."""
    if duration is not None and duration > MAX_SECONDS:
        raise UnmakeableError(TOO_LONG)
    origin = get_origin(container)
    peaks = Peaks(choose_rate(duration), origin)
    track = AudioTrack(stream, result, origin=origin) if "audio" in kinds else None
    reading = SoundPass(kinds, peaks=peaks, track=track, origin=origin)
    for packet in read_packets(container, stream, on_error=reading.damage.fail):
        reading.read(packet)
    data = peaks.finish()
    if not data:
        for kind in sorted(kinds):
            emit(kind, {"reason": UNDECODABLE})
        return reading.damage.describe()
    if track is not None:
        track.finish(emit)
    if reading.loudness is not None:
        emit("loudness", reading.loudness.finish())
    if "peaks" in kinds:
        result.clear()
        result.write(data)
        length = len(data) // 2
        emit(
            "peaks",
            {"extension": "bin", "rate": peaks.rate, "count": length, "duration": length / peaks.rate},
        )
    return reading.damage.describe()
