"""Downloads of tracks are read back by this project's own readers."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dubbing_core.timeline.line_times import find_last_end
from dubbing_core.timeline.reader import read_timeline
from dubbing_core.timeline.tracks import Segment
from dubbing_core.timeline.writers import TextFormat, write_track

LINES = [
    Segment(0, 1500, "Ana", "Hello <b>you</b> & me"),
    Segment(3_600_000, 3_601_001, "", "नमस्ते\nदुनिया"),
    Segment(360_000_000, 360_000_500, "Ravi", "مرحبا"),
]


def write(text_format: TextFormat, lines: list[Segment] = LINES) -> str:
    return "".join(write_track(lines, text_format))


@pytest.mark.parametrize("text_format", [TextFormat.SRT, TextFormat.VTT])
def test_subtitles_are_read_back(text_format):
    plain = [line._replace(text=line.text.replace("<b>", "").replace("</b>", "")) for line in LINES]
    read = read_timeline(f"a.{text_format}", io.BytesIO(write(text_format, plain).encode()))
    (track,) = read.tracks
    assert [(line.start_ms, line.end_ms, line.text) for line in track.segments] == [
        (line.start_ms, line.end_ms, line.text) for line in plain
    ]


def test_vtt_has_speakers_and_shows_markup_as_text():
    text = write(TextFormat.VTT)
    assert text.startswith(
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v Ana>Hello &lt;b&gt;you&lt;/b&gt; &amp; me\n\n"
    )
    assert "100:00:00.000 --> 100:00:00.500\n<v Ravi>مرحبا" in text


def test_missing_and_backward_times_are_derived():
    lines = [
        Segment(None, None, "", "a"),
        Segment(5000, 4000, "", "b"),
        Segment(6000, None, "", "c\n\nd --> e"),
    ]
    assert write(TextFormat.SRT, lines) == (
        "1\n00:00:00,000 --> 00:00:05,000\na\n\n"
        "2\n00:00:05,000 --> 00:00:06,000\nb\n\n"
        "3\n00:00:06,000 --> 00:00:08,000\nc\nd -> e\n\n"
    )


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        ([Segment(9000, 6000, "", "backward")], 11_000),
        ([Segment(9000, 9000, "", "no length")], 11_000),
        ([Segment(9000, 6000, "", "before another"), Segment(9500, 9700, "", "other")], 9500),
        ([Segment(9000, 9100, "", "right")], 9100),
    ],
)
def test_every_format_and_the_end_of_a_track_agree_on_ends(lines, end):
    seconds = f"{end // 1000:02}:{end % 1000:03}"
    (json_line, *_) = json.loads(write(TextFormat.JSON, lines))["segments"]
    (_, row, *_) = csv.reader(io.StringIO(write(TextFormat.CSV, lines)))

    assert json_line["end"] == end / 1000
    assert row[2] == f"00:00:{seconds.replace(':', '.')}"
    assert f"--> 00:00:{seconds.replace(':', ',')}" in write(TextFormat.SRT, lines)
    assert f"--> 00:00:{seconds.replace(':', '.')}" in write(TextFormat.VTT, lines)
    assert find_last_end(lines) == max(end, lines[-1].end_ms or 0)


def test_a_track_without_ends_has_no_last_end():
    assert find_last_end([]) == 0
    assert find_last_end([Segment(None, None, "", "a"), Segment(1000, None, "", "b")]) == 0


def test_json_is_read_back_with_speakers():
    lines = [*LINES, Segment(None, None, "", "without times")]
    read = read_timeline("a.json", io.BytesIO(write(TextFormat.JSON, lines).encode()))
    (track,) = read.tracks
    assert list(track.segments) == lines
    assert write(TextFormat.JSON, []) == '{"segments": [\n]}\n'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "＝"])  # noqa: RUF001 (Excel takes it for a formula)
def test_csv_has_no_formulas(start):
    text = write(TextFormat.CSV, [Segment(0, 1, f"{start}speaker", f"{start}HYPERLINK(1)")])
    header, row = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert header == ["number", "start", "end", "speaker", "text"]
    assert row[:3] == ["1", "00:00:00.000", "00:00:00.001"]
    assert all(cell.startswith("'") for cell in row[3:])


def test_plain_text_has_a_line_for_each():
    assert write(TextFormat.TXT).splitlines()[1] == "नमस्ते दुनिया"
