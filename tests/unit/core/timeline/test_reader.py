from __future__ import annotations

import random

import pytest

from dubbing_core.timeline.reader import read_timeline
from tests.unit.core.timeline.read_text import cues, read

SRT = b"1\n00:00:01,000 --> 00:00:02,000\nText\n"
ONE = [(1000, 2000, "Text")]


@pytest.mark.parametrize(
    ("path", "data", "name", "problem"),
    [
        ("a.srt", SRT, "SubRip", None),
        ("a.txt", SRT, "SubRip", None),
        ("a.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nText", "WebVTT", None),
        ("a.srt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nText", "WebVTT", "is WebVTT, although its name is that of SubRip"),
        ("a.json", SRT, "SubRip", "is SubRip, although its name is that of JSON"),
        ("a.srt", b'[{"start": 1, "end": 2, "text": "Text"}]', "JSON", "is JSON, although its name is that of SubRip"),
        ("a.vtt", b"[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,Text", "SubStation Alpha",
         "is SubStation Alpha, although its name is that of WebVTT"),
        ("a.srt", b'<tt><p begin="1s" end="2s">Text</p></tt>', "TTML", "is TTML, although its name is that of SubRip"),
    ],
)  # fmt: skip
def test_contents_decide_over_the_name(path, data, name, problem):
    timeline = read(path, data)

    assert (timeline.format, cues(timeline)) == (name, ONE)
    assert [str(found) for found in timeline.problems] == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("a.srt", b"", "is empty"),
        ("a.srt", b"\n\n  \n", "contains no line with readable times"),
        ("a.srt", b"Just some words\n", "contains no line with readable times"),
        ("a.vtt", b"WEBVTT\n", "contains no line with readable times"),
        ("a.txt", b" \n", "is empty"),
        ("a.srt", b"<!DOCTYPE html>\n<html><body>Not found", "is a web page. Download the file itself"),
        ("a.json", b"\n<html>", "is a web page. Download the file itself"),
        ("a.srt", b"<SAMI><BODY>", "is in the format SAMI, which is not supported. Save it as SRT"),
        (
            "a.sub",
            b"{1}{1}25\n{10}{20}Text",
            "counts frames (MicroDVD), whose rate is not known. Save it as SRT",
        ),
        ("a.srt", b"RIFF\x00\x00\x00\x00WAVEfmt ", "is audio or video, not text"),
        ("a.json", b"\x00\x00\x00\x20ftypisom", "is a video or audio, not text"),
        ("a.srt", b"\x89PNG\r\n\x1a\n", "is an image, not text"),
        ("a.srt", bytes(range(1, 32)) * 50, "is not text"),
        ("a.srt", SRT * 600_000, "is larger than 20 MiB"),
    ],
)
def test_unreadable_files_have_a_reason(path, data, reason):
    timeline = read(path, data)

    assert timeline.reason == reason
    assert timeline.tracks == []


def test_a_file_of_too_many_lines_is_refused(monkeypatch):
    monkeypatch.setattr("dubbing_core.timeline.builder.SEGMENT_LIMIT", 100)

    assert read("a.srt", SRT * 101).reason == "has more than 100 lines of dialog"


def test_exceptions_of_the_file_are_not_hidden():
    class Broken:
        def read(self, size: int, /) -> bytes:
            raise ConnectionError("storage is unavailable")

    with pytest.raises(ConnectionError):
        read_timeline("a.srt", Broken())


def test_a_file_that_returns_less_than_asked_is_read_to_its_end():
    class Slow:
        def __init__(self) -> None:
            self.left = [SRT[at : at + 1] for at in range(len(SRT))]

        def read(self, size: int, /) -> bytes:
            return self.left.pop(0) if self.left else b""

    assert cues(read_timeline("a.srt", Slow())) == ONE


SAMPLES = [
    ("a.srt", SRT * 5),
    ("a.vtt", b"WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000\n<v A>Text &amp; more</v>\n"),
    ("a.ass", b"[Events]\nFormat: Start, End, Name, Text\nDialogue: 0:00:01.00,0:00:02.00,A,{\\p1}Text\n"),
    ("a.ttml", b'<tt xml:lang="en"><body><p begin="1s" end="2s">Text</p></body></tt>'),
    ("a.json", b'{"segments": [{"start": 1, "end": 2, "text": "Text", "words": [{"a": [1]}]}], "language": "en"}'),
    ("a.csv", b"start,end,text,speaker\n1,2,Text,A\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "data"), SAMPLES, ids=[path for path, _ in SAMPLES])
def test_damaged_files_never_raise(path, data):
    chance = random.Random(path)
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(damaged))
            match chance.randrange(3):
                case 0:
                    damaged[at] = chance.randrange(256)
                case 1:
                    del damaged[at : at + chance.randrange(1, 9)]
                    damaged = damaged or bytearray(b" ")
                case _:
                    damaged[at:at] = damaged[: chance.randrange(40)]
        timeline = read(path, bytes(damaged))
        assert bool(timeline.tracks) != bool(timeline.reason)
