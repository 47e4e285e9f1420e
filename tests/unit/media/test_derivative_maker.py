"""The maker of derivatives: what is made of real files, and files that try to harm it."""

from __future__ import annotations

import math
import re
import struct
from array import array
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest

from dubbing_core.media_problems import NO_AUDIO, describe_damage
from sessions_app.media import maker as module
from sessions_app.media.maker import DAMAGED, STOPPED, DerivativeMaker, MadeDerivative
from sessions_app.media.plan import Kind
from sessions_app.media.reader import MediaReader
from tests.unit.media.samples import KEY, SilenceStore, make, store_with

RATE = 48_000
UNDECODABLE = "No frame of its picture can be decoded."
NO_PICTURE = "It has no picture that can be decoded."
NO_SOUND = "It has no sound that can be decoded."


def read_picture(data: bytes) -> Any:
    with av.open(BytesIO(data), "r") as container:
        return next(container.decode(video=0))


@pytest.mark.parametrize("name", ["talk.mp4", "talk.mkv", "talk.ts", "picture.mov", "half talk.mkv"])
def test_videos_have_a_poster_and_a_strip(maker, samples, name):
    made = make(maker, samples[name], {Kind.POSTER, Kind.STRIP})

    poster, data = made[Kind.POSTER]
    assert (poster.reason, poster.extension, poster.details) == ("", "webp", {"width": 160, "height": 90})
    assert (read_picture(data).width, read_picture(data).height) == (160, 90)
    strip, data = made[Kind.STRIP]
    assert strip.details == {"width": 160, "height": 90, "columns": 10, "count": 8, "interval": 1.0}
    assert (read_picture(data).width, read_picture(data).height) == (8 * 160, 90)


def test_each_tile_shows_its_time(maker, samples):
    _, data = make(maker, samples["talk.mp4"], {Kind.STRIP})[Kind.STRIP]

    sheet = read_picture(data).reformat(format="gray")
    plane = bytes(sheet.planes[0])
    rows = [plane[row * sheet.planes[0].line_size :][: sheet.width] for row in range(sheet.height)]
    tiles = [b"".join(row[start : start + 160] for row in rows) for start in range(0, sheet.width, 160)]
    assert len(set(tiles)) == 8
    assert all(max(tile) - min(tile) > 100 for tile in tiles)


class Film:
    """A video that PyAV encodes for a test: each frame of one brightness, or half dark and half bright."""

    def __init__(self, size: tuple[int, int] = (64, 32)) -> None:
        self.size = size

    def encode(self, frames: list[int | None], *, codec: str = "libx264", name: str = "mp4") -> bytes:
        output = BytesIO()
        with av.open(output, "w", format=name) as container:
            stream: Any = container.add_stream(codec, rate=10)
            stream.width, stream.height = self.size
            stream.pix_fmt = "yuv420p"
            for number, brightness in enumerate(frames):
                frame = self._draw(brightness)
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return output.getvalue()

    def _draw(self, brightness: int | None) -> Any:
        frame = av.VideoFrame(*self.size, "yuv420p")
        for number, plane in enumerate(frame.planes):
            level = 128 if number else brightness
            half = plane.buffer_size // 2
            data = bytes([16]) * half + bytes([235]) * half if level is None else bytes([level]) * (2 * half)
            plane.update(data.ljust(plane.buffer_size, b"\x80"))
        return frame


def test_a_poster_is_not_black_where_the_film_is_not(maker):
    data = Film().encode([16] * 40 + [None] * 60)

    _, poster = make(maker, data, {Kind.POSTER}, duration=10.0)[Kind.POSTER]

    levels = bytes(read_picture(poster).reformat(format="gray").planes[0])
    assert max(levels) > 200


def test_an_all_black_film_has_a_black_poster(maker):
    made, _ = make(maker, Film().encode([16] * 20), {Kind.POSTER}, duration=2.0)[Kind.POSTER]

    assert not made.reason


def test_a_large_picture_is_reduced(maker):
    made = make(maker, Film((1920, 1080)).encode([None] * 3), {Kind.POSTER, Kind.STRIP}, duration=0.3)

    assert made[Kind.POSTER][0].details == {"width": 640, "height": 360}
    assert made[Kind.STRIP][0].details["count"] == 1


def tone(seconds: float, *, level: float = 0.5, channels: int = 1) -> bytes:
    """Return a WAV of a tone of 440 Hz."""
    samples = array("h")
    for number in range(int(seconds * RATE)):
        value = int(level * 32767 * math.sin(2 * math.pi * 440 * number / RATE))
        samples.extend([value] * channels)
    data = samples.tobytes()
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        len(data) + 36,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        RATE,
        RATE * 2 * channels,
        2 * channels,
        16,
        b"data",
        len(data),
    )
    return header + data


def test_peaks_and_loudness_of_a_tone(maker):
    made = make(maker, tone(4, channels=2), {Kind.PEAKS, Kind.LOUDNESS}, duration=4.0)

    peaks, data = made[Kind.PEAKS]
    pairs = array("b", data)
    assert peaks.details == {"rate": 100, "count": 400, "duration": 4.0}
    assert set(pairs[20:-20:2]) <= set(range(-66, -60))
    assert set(pairs[21:-20:2]) <= set(range(60, 66))
    loudness = made[Kind.LOUDNESS][0].details
    # A sine of 997 Hz has -3.01 LUFS at full scale in stereo; at 440 Hz the filter takes 0.6 less.
    assert loudness["integrated"] == pytest.approx(-6.6, abs=0.2)
    assert loudness["true_peak"] == pytest.approx(-6.02, abs=0.1)


def test_silence_has_flat_peaks_and_no_loudness(maker):
    made = make(maker, tone(1, level=0), {Kind.PEAKS, Kind.LOUDNESS}, duration=1.0)

    assert set(made[Kind.PEAKS][1]) == {0}
    assert made[Kind.LOUDNESS][0].details == {"integrated": None, "true_peak": None}


@pytest.mark.parametrize(("duration", "rate"), [(8.0, 100), (100.0, 50), (1000.0, 20), (None, 20)])
def test_long_audio_has_fewer_pairs_per_second(maker, samples, duration, rate):
    made, data = make(maker, samples["voice.flac"], {Kind.PEAKS}, duration=duration)[Kind.PEAKS]

    assert made.details["rate"] == rate
    assert len(data) == 2 * (made.details["count"] or 0)
    assert made.details["duration"] == pytest.approx(8.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "extension", "codec"),
    [
        ("talk.mp4", "m4a", "aac"),
        ("talk.mkv", "m4a", "aac"),
        ("talk.ts", "m4a", "aac"),
        ("voice.mp3", "mp3", "mp3"),
        ("voice.ogg", "webm", "vorbis"),
        ("voice.flac", "flac", "flac"),
        ("voice.wav", "m4a", "aac"),
    ],
)
def test_an_audio_track_has_the_same_times(maker, samples, name, extension, codec):
    made, data = make(maker, samples[name], {Kind.AUDIO})[Kind.AUDIO]

    assert (made.reason, made.extension) == ("", extension)
    with av.open(BytesIO(data), "r") as track, av.open(BytesIO(samples[name]), "r") as source:
        (stream,) = track.streams
        assert stream.codec_context.codec.canonical_name == codec
        origin = (source.start_time or 0) / av.time_base if name == "talk.ts" else 0.0
        first = (next(source.decode(audio=0)).time or 0.0) - origin
        frames = list(track.decode(audio=0))
        assert frames[0].time == pytest.approx(first, abs=0.03)
        assert frames[-1].time == pytest.approx(8.0, abs=0.1)


def test_an_mp4_has_its_index_in_front_and_the_packets_of_the_source(maker, samples):
    _, data = make(maker, samples["talk.mp4"], {Kind.AUDIO})[Kind.AUDIO]

    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(BytesIO(data), "r") as track, av.open(BytesIO(samples["talk.mp4"]), "r") as source:
        packets = [
            [bytes(packet) for packet in each.demux(each.streams.audio[0]) if packet.size]
            for each in (track, source)
        ]
    assert packets[0] == packets[1]


def find_damage(maker: DerivativeMaker, data: bytes) -> str:
    """Return what is shown beside a file after its sound was decoded."""
    with MediaReader() as reader:
        facts = reader.read(store_with(data), KEY, len(data))
    duration = (facts.duration_ms or 0) / 1000
    damage = maker.make(
        store_with(data), KEY, len(data), kinds={Kind.PEAKS}, duration=duration, on_made=lambda _: None
    )
    assert not facts.problem
    assert damage is not None
    return describe_damage(damage, facts.streams, facts.duration_ms)


SOUND = ["talk.mp4", "talk.mkv", "talk.ts", "voice.wav", "voice.mp3", "voice.flac", "voice.ogg", "voice.aac"]


@pytest.mark.parametrize("name", SOUND)
def test_nothing_is_missing_in_a_sound_file(maker, samples, name):
    assert not find_damage(maker, samples[name])


@pytest.mark.parametrize("name", ["damaged talk.mp4", "damaged talk.ts", "damaged voice.flac", "hole.mp4"])
def test_audio_that_is_missing_in_the_middle_is_found(maker, samples, name):
    found = re.fullmatch(
        r"audio is missing from (\d\.\d) s to (\d\.\d) s of 8\.0 s", find_damage(maker, samples[name])
    )

    assert found is not None
    start, end = map(float, found.groups())
    assert 1.5 < start < 3.5
    assert 4.5 < end < 7


def test_audio_that_cannot_be_decoded_up_to_its_end_is_found(maker, samples):
    data = samples["talk.mp4"]
    middle = len(data) // 2

    found = find_damage(maker, data[:middle] + bytes(len(data) - middle))

    assert re.fullmatch(r"audio ends at [34]\.\d s of 8\.0 s", found)


def test_audio_of_which_nothing_can_be_decoded_is_found(maker, samples):
    data = samples["talk.mp4"]
    start = data.index(b"mdat") + 8

    assert find_damage(maker, data[:start] + bytes(len(data) - start)) == NO_AUDIO


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("voice.wav", Kind.POSTER, NO_PICTURE),
        ("picture.mov", Kind.PEAKS, NO_SOUND),
        ("huge.mov", Kind.POSTER, UNDECODABLE),
        ("huge.mov", Kind.STRIP, UNDECODABLE),
        ("huge.mov", Kind.PROXY, UNDECODABLE),
        ("enormous.mov", Kind.POSTER, UNDECODABLE),
        ("enormous.mov", Kind.PROXY, UNDECODABLE),
        ("unknown-picture.mp4", Kind.POSTER, NO_PICTURE),
        ("unknown-picture.mp4", Kind.PROXY, NO_PICTURE),
        ("half picture.mov", Kind.POSTER, DAMAGED),
        ("half index-at-end.mp4", Kind.AUDIO, DAMAGED),
    ],
)
def test_what_cannot_be_made_has_a_reason(maker, samples, name, kind, reason):
    assert make(maker, samples[name], {kind})[kind][0].reason == reason


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>/etc/passwd</BaseURL></Period></MPD>',
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        b"1\n00:00:01,000 --> 00:00:02,500\nSubtitles that are named talk.mp4.\n",
        b"\x1aE\xdf\xa3" + b"\xff" * 47,
    ],
)
def test_files_that_are_no_media_give_nothing(maker, data):
    made = make(maker, data, set(Kind))

    assert {derivative.reason for derivative, _ in made.values()} == {DAMAGED}
    assert set(made) == set(Kind)


def test_ten_hours_are_refused_before_they_are_read(maker):
    store = SilenceStore(36_000)
    made: list[MadeDerivative] = []

    maker.make(store, KEY, store.total, kinds={Kind.PEAKS}, duration=36_000.0, on_made=made.append)

    assert [each.reason for each in made] == ["It is longer than 6 hours."]
    assert store.served < 32 * 1024**2


def test_ten_hours_that_claim_to_be_short_end_at_a_limit(monkeypatch):
    monkeypatch.setattr(module, "BASE_SECONDS", 1)
    store = SilenceStore(36_000)
    made: list[MadeDerivative] = []

    with DerivativeMaker() as maker:
        maker.make(store, KEY, store.total, kinds={Kind.PEAKS}, duration=1.0, on_made=made.append)

    assert [each.reason for each in made] == [STOPPED]


def get_peak_memory(maker: DerivativeMaker) -> int:
    """Return the most bytes that the process has had in memory."""
    status = Path(f"/proc/{maker.pid}/status").read_text(encoding="ascii")
    (kibibytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kibibytes) * 1024


@pytest.mark.variant
def test_memory_does_not_depend_on_the_length_of_a_file():
    peaks = []
    for seconds in (10, 1200):
        store = SilenceStore(seconds)
        made: list[MadeDerivative] = []
        with DerivativeMaker() as maker:
            maker.make(
                store,
                KEY,
                store.total,
                kinds={Kind.PEAKS, Kind.LOUDNESS, Kind.AUDIO},
                duration=float(seconds),
                on_made=made.append,
            )
            peaks.append(get_peak_memory(maker))
        assert [each.reason for each in made] == [""] * 3

    assert peaks[1] - peaks[0] < 24 * 1024**2


def test_hours_of_nothing_between_two_sounds_take_no_memory():
    output = BytesIO()
    with av.open(output, "w", format="matroska") as container:
        stream: Any = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for second in (0, 5 * 3600):
            frame = av.AudioFrame(format="s16", layout="mono", samples=8000)
            frame.planes[0].update(b"\x10\x20" * 8000)
            frame.sample_rate, frame.pts = 8000, second * 8000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with DerivativeMaker() as maker:
        made, data = make(maker, output.getvalue(), {Kind.PEAKS}, duration=5 * 3600.0)[Kind.PEAKS]
        peak = get_peak_memory(maker)

    assert made.details["count"] == len(data) // 2 == (5 * 3600 + 1) * 20
    assert data[0] == data[-1] == 0x20
    assert not any(data[40:-40])
    assert peak < 200 * 1024**2


def test_the_process_writes_to_one_nameless_file_only(samples):
    with DerivativeMaker() as maker:
        make(maker, samples["voice.flac"], {Kind.PEAKS})
        process = Path("/proc", str(maker.pid))
        limits = (process / "limits").read_text(encoding="ascii")
        files = [str(each.readlink()) for each in (process / "fd").iterdir()]

    rows = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert rows["Max open files"] == ["0", "0"]
    assert rows["Max file size"] == [str(2 * 1024**3)] * 2
    assert rows["Max address space"] == [str(1024**3)] * 2
    assert [name for name in files if name.startswith("/") and name != "/dev/null"] == [
        name for name in files if name.endswith("(deleted)")
    ]


@pytest.mark.parametrize(
    "report",
    [
        {"kind": "poster", "extension": "html"},
        {"kind": "peaks", "extension": "bin"},
        {"kind": "poster", "extension": ""},
        {},
    ],
)
def test_reports_that_make_no_sense_end_the_process(samples, monkeypatch, report):
    received = DerivativeMaker.receive_report
    with DerivativeMaker() as maker:
        monkeypatch.setattr(
            DerivativeMaker, "receive_report", lambda *arguments: received(*arguments) and dict(report)
        )
        made = make(maker, samples["talk.mp4"], {Kind.POSTER})

    assert made[Kind.POSTER][0].reason == STOPPED
