"""The media reader: facts of real files, and files that try to harm it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dubbing_core.media_facts import StreamKind
from sessions_app.media import client as module
from sessions_app.media.client import ENDED, TOO_SLOW, MediaReaderUnavailableError
from sessions_app.media.facts import UNKNOWN_CODEC, UNKNOWN_PICTURE, build_facts
from sessions_app.media.process.connection import BLOCK
from sessions_app.media.reader import MediaReader
from sessions_app.storage.errors import StoreUnavailableError
from tests.services.waits import LIMIT
from tests.stores.memory import MemoryStore
from tests.unit.media.samples import KEY, SilenceStore, run_ffmpeg, store_with

NOT_MEDIA = "is damaged, or is not an audio or video file"
NOT_ACCEPTED = "is not an audio or video file, whatever its name ends with"


@pytest.fixture(scope="module")
def reader() -> Iterator[MediaReader]:
    with MediaReader() as reader:
        yield reader


def read(reader: MediaReader, data: bytes):
    return reader.read(store_with(data), KEY, len(data))


@pytest.mark.parametrize(
    ("name", "container", "summary"),
    [
        ("talk.mp4", "mp4", "8.0 s, H.264 160x90, AAC"),
        ("index-at-end.mp4", "mp4", "8.0 s, H.264 160x90, AAC"),
        ("talk.mkv", "matroska", "8.0 s, H.264 160x90, AAC"),
        ("talk.ts", "mpegts", "8.0 s, H.264 160x90, AAC"),
        ("picture.mov", "mov", "8.0 s, H.264 160x90"),
        ("ten-bit.mp4", "mp4", "8.0 s, H.264 10-bit 160x90"),
        ("voice.wav", "wav", "8.0 s, PCM"),
        ("voice.mp3", "mp3", "8.0 s, MP3"),
        ("voice-without-header.mp3", "mp3", "8.0 s, MP3"),
        ("voice.flac", "flac", "8.0 s, FLAC"),
        ("voice.ogg", "ogg", "8.0 s, Vorbis"),
        ("voice.aac", "aac", "8.0 s, AAC"),
    ],
)
def test_facts(reader, samples, name, container, summary):
    facts = read(reader, samples[name])

    assert (facts.container, facts.summary, facts.reason, facts.problem) == (container, summary, "", "")


def test_streams_that_come_one_after_the_other(reader, tmp_path):
    part, whole = tmp_path / "part.avi", tmp_path / "whole.avi"
    picture = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=20"]
    tone = ["-f", "lavfi", "-i", "sine=duration=20:sample_rate=44100"]
    run_ffmpeg(*picture, *tone, "-c:v", "mpeg4", "-b:v", "6M", "-c:a", "aac", part)
    run_ffmpeg("-stream_loop", "1", "-i", part, "-c", "copy", whole)
    assert whole.stat().st_size > 16 * BLOCK

    facts = read(reader, whole.read_bytes())

    assert (facts.summary, facts.reason) == ("0:40, MPEG-4 640x360, AAC", "")


def test_all_facts_of_a_video(reader, samples):
    facts = read(reader, samples["talk.mp4"])

    assert (facts.frame_rate, facts.sample_rate, facts.channels, facts.stream_count) == (25.0, 44_100, 1, 2)
    assert [(stream.kind, stream.codec, stream.language) for stream in facts.streams] == [
        (StreamKind.VIDEO, "h264", ""),
        (StreamKind.AUDIO, "aac", "hin"),
    ]
    assert facts.duration_ms is not None
    assert abs(facts.duration_ms - 8_000) < 60


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("half talk.mp4", "content ends at"),
        ("half talk.mkv", "content ends at"),
        ("half voice.wav", "content ends at"),
        ("half voice.mp3", "content ends at"),
        ("half voice.flac", "content ends at"),
        ("half picture.mov", "is incomplete"),
        ("half index-at-end.mp4", "is incomplete"),
        ("short-audio.mp4", "audio ends at 3.0 s of 8.0 s"),
        ("short-picture.mp4", "video ends at 3.0 s of 8.0 s"),
        ("huge.mov", UNKNOWN_PICTURE),
    ],
)
def test_damaged_files_have_the_place(reader, samples, name, problem):
    facts = read(reader, samples[name])

    assert (facts.problem or facts.reason).startswith(problem)
    assert bool(facts.reason) is problem.startswith("is ")


@pytest.mark.parametrize("name", ["still.mp4", "still.mkv"])
def test_a_still_with_audio_is_whole(reader, samples, name):
    facts = read(reader, samples[name])

    assert (facts.video_codec, facts.audio_codec, facts.problem) == ("h264", "aac", "")


def test_a_codec_without_a_decoder_is_named(reader, samples):
    facts = read(reader, samples["talk.mp4"].replace(b"avc1", b"zzz9"))

    assert (facts.video_codec, facts.problem) == ("unknown", UNKNOWN_CODEC)


def test_half_of_a_file_ends_in_its_middle(reader, samples):
    ends = [stream.end_ms for stream in read(reader, samples["half talk.mkv"]).streams]

    assert all(end is not None and 3_000 < end < 5_000 for end in ends)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\0", NOT_MEDIA),
        (b"source video" * 100, NOT_MEDIA),
        (b'{"text": "a transcript"}', NOT_MEDIA),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", NOT_MEDIA),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile\n", NOT_MEDIA),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", NOT_ACCEPTED),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', NOT_ACCEPTED),
        (
            b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
            NOT_ACCEPTED,
        ),
        (b"\x1aE\xdf\xa3" + b"\xff" * 60, NOT_MEDIA),
        (b"RIFF\xff\xff\xff\xffWAVE", NOT_MEDIA),
    ],
)
def test_files_that_are_no_media_have_a_reason(reader, data, reason):
    facts = read(reader, data)

    assert (facts.reason, facts.summary) == (reason, "")


def test_ten_hours_of_silence_are_read_at_both_ends_only(reader):
    store = SilenceStore(36_000)

    facts = reader.read(store, KEY, store.total)

    assert (facts.summary, facts.problem) == ("10:00:00, PCM", "")
    assert store.served < 32 * 1024**2


def test_the_process_can_open_nothing_and_knows_nothing(samples):
    with MediaReader() as reader:
        read(reader, samples["voice.flac"])
        assert reader._process is not None
        process = Path("/proc", str(reader._process.pid))
        limits = (process / "limits").read_text(encoding="ascii")
        environment = (process / "environ").read_bytes()

    rows = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert rows["Max open files"] == rows["Max file size"] == rows["Max core file size"] == ["0", "0"]
    assert rows["Max address space"] == [str(1024**3)] * 2
    assert environment == b"LC_ALL=C.UTF-8\0"


class HarmfulStore(MemoryStore):
    """Sends a signal to the process when it asks for bytes."""

    def __init__(self, reader: MediaReader, number: signal.Signals) -> None:
        super().__init__()
        self.reader, self.number = reader, number
        self.put_all([(KEY, b"RIFF" * 99)])

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        assert self.reader._process is not None
        os.kill(self.reader._process.pid, self.number)
        return super().read(key, start, end)


@pytest.mark.parametrize(
    ("number", "timeout", "reason"),
    [
        (signal.SIGSTOP, 1, TOO_SLOW),
        (signal.SIGXCPU, LIMIT, TOO_SLOW),
        (signal.SIGSEGV, LIMIT, ENDED),
    ],
)
def test_a_file_that_blocks_or_ends_the_process_does_not_stop_the_next_one(samples, number, timeout, reason):
    with MediaReader(file_timeout=timeout) as reader:
        assert reader.read(HarmfulStore(reader, number), KEY, 396).reason == reason
        reader._file_timeout = LIMIT
        assert read(reader, samples["voice.flac"]).summary == "8.0 s, FLAC"


def test_an_error_of_the_store_is_none_of_the_file(reader, samples, monkeypatch):
    store = store_with(samples["voice.flac"])

    def fail(key, start, end):
        raise StoreUnavailableError(key)

    monkeypatch.setattr(store, "read", fail)
    with pytest.raises(StoreUnavailableError):
        reader.read(store, KEY, 1000)
    monkeypatch.undo()

    assert reader.read(store, KEY, store.size(KEY)).summary == "8.0 s, FLAC"


def test_without_pyav_no_file_is_called_unreadable(tmp_path, monkeypatch):
    program = tmp_path / "program.py"
    program.write_text("import no_such_module\n")
    monkeypatch.setattr(module, "PROGRAM", program)

    with MediaReader() as reader, pytest.raises(MediaReaderUnavailableError, match="PyAV is not installed"):
        read(reader, b"data")


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"streams": "x"},
        {"streams": [1, {}, {"kind": []}]},
        {"streams": [{"kind": "data"}]},
        {"streams": [{"kind": "audio"}], "sample_rate": True},
        {"streams": [{"kind": "audio"}], "sample_rate": 10**30},
    ],
)
def test_reports_that_make_no_sense_are_no_facts(raw):
    assert build_facts(raw).reason


def test_odd_values_are_left_out():
    facts = build_facts({
        "streams": [{"kind": "audio", "codec": "a\0b\n" + "c" * 99, "duration": -1, "end": float("nan")}],
        "sample_rate": 8000,
        "channels": 10**9,
        "duration": 1e300,
        "width": "wide",
    })  # fmt: skip

    assert facts.duration_ms is None
    assert facts.width == 0
    assert facts.channels == 1024
    assert facts.streams[0].codec == "ab" + "c" * 36
    assert facts.streams[0].duration_ms is None
