"""The main audio track alone.

It is copied where browsers play its codec, else encoded as AAC.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av

from dubbing_core.sentences import template
from sessions_app.media.process.connection import ResultFile

COPIED = {
    "aac": ("mp4", "m4a"),
    "mp3": ("mp3", "mp3"),
    "opus": ("webm", "webm"),
    "vorbis": ("webm", "webm"),
    "flac": ("flac", "flac"),
}
"""Format and extension by codec."""
BIT_RATE = 128_000
ENCODED_RATES = {44_100, 48_000}
UNWRITABLE = template("Its sound cannot be copied to a file of its own.")


def open_result(result: ResultFile, name: str) -> Any:
    """Open the file for results; an MP4's index comes first."""
    options = {"movflags": "+faststart"} if name == "mp4" else {}
    result.clear()
    return av.open(result, "w", format=name, options=options, io_open=lambda *_: result.reopen())


class AudioTrack:
    """The track, written while the stream is read."""

    def __init__(self, stream: Any, result: ResultFile, *, origin: float) -> None:
        self._result, self._origin = result, origin
        self._stream = stream
        codec = stream.codec_context.codec.canonical_name
        self._is_copied = codec in COPIED
        name, self.extension = COPIED.get(codec, ("mp4", "m4a"))
        self._failed: str | None = None
        self._resampler: Any = None
        self._output = open_result(result, name)
        if self._is_copied:
            self._target = self._output.add_stream_from_template(stream)
        else:
            rate = stream.codec_context.sample_rate
            rate = rate if rate in ENCODED_RATES else 48_000
            layout = "mono" if stream.codec_context.channels == 1 else "stereo"
            self._target = self._output.add_stream("aac", rate=rate, layout=layout)
            self._target.bit_rate = BIT_RATE
            self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate, frame_size=1024)

    def add_packet(self, packet: Any) -> None:
        if self._is_copied and self._failed is None and packet.dts is not None:
            shift = round(self._origin / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts -= shift
            packet.stream = self._target
            self._mux([packet])

    def add(self, frame: Any) -> None:
        if self._is_copied or self._failed is not None:
            return
        if frame.pts is not None and self._origin:
            frame.pts -= round(self._origin / frame.time_base)
        self._encode(frame)

    def finish(self, emit: Callable[[str, dict[str, Any]], None]) -> None:
        """Close the file and hand it over."""
        if not self._is_copied and self._failed is None:
            self._encode(None)
        try:
            self._output.close()
        except (av.FFmpegError, OSError, ValueError):
            self._failed = self._failed or UNWRITABLE
        if self._failed is not None or not self._result.size:
            emit("audio", {"reason": self._failed or UNWRITABLE})
        else:
            emit("audio", {"extension": self.extension})

    def _encode(self, frame: Any) -> None:
        try:
            for each in self._resampler.resample(frame):
                self._mux(self._target.encode(each))
            if frame is None:
                self._mux(self._target.encode(None))
        except (av.FFmpegError, ValueError):
            self._failed = UNWRITABLE

    def _mux(self, packets: list[Any]) -> None:
        try:
            self._output.mux(packets)
        except (av.FFmpegError, ValueError):
            self._failed = UNWRITABLE
