"""Lines of a track that have an audio file, by the names that tools give to these files."""

from __future__ import annotations

import pytest

from dubbing_core.timeline.line_audio import match_line_audio
from dubbing_core.timeline.tracks import Segment

LINES = [Segment(at * 1500, at * 1500 + 1400, "", f"line {at}") for at in range(4)]


@pytest.mark.parametrize(
    ("names", "gaps"),
    [
        (["wav/0001.wav", "wav/0002.wav", "wav/0004.wav"], [2]),
        (["wavs/0000.wav", "wavs/0001.wav", "wavs/0001_adjusted.wav", "wavs/0003.wav"], [2]),
        (["audio/segs/1_0.wav", "audio/segs/1_1.wav", "audio/segs/3_0.wav"], [1, 3]),
        (["seg_hi_1.wav", "seg_hi_2.wav", "seg_hi_3.wav", "seg_hi_4.wav"], []),
        (["a/1-Hello 7 times.wav", "a/2-Bye.wav"], [2, 3]),
        (["dubbed_chunk_0.0_1.4.mp3", "dubbed_chunk_3.0_4.4.mp3"], [1, 3]),
        (["audio/1.5.ogg", "audio/4.48.ogg"], [0, 2]),
        (["audio_0-0b1c.wav", "audio_3.wav"], [1, 2]),
    ],
)
def test_gaps(names, gaps):
    matched = match_line_audio(names, LINES)
    assert matched is not None
    assert matched.gaps == gaps


@pytest.mark.parametrize("names", [[], ["hello.wav"], ["seg_900.wav"], ["audio/77.7.ogg"]])
def test_names_without_numbers_of_lines(names):
    assert match_line_audio(names, LINES) is None


def test_a_track_without_lines():
    assert match_line_audio(["1.wav"], []) is None


@pytest.mark.parametrize(
    ("durations", "expected"),
    [
        ({"wav/0001.wav": 900, "wav/0002.wav": 2000}, {0: 900, 1: 2000}),
        ({"segs/1_0.wav": 900, "segs/1_1.wav": 700, "segs/2_0.wav": 500}, {0: 1600, 1: 500}),
        ({"wavs/1.wav": 2000, "wavs/1_adjusted.wav": 1400}, {0: 1400}),
        ({"raw/1.wav": 2000, "fitted/1.wav": 1400}, {0: 1400}),
        ({"chunk_0.0_1.4.mp3": 900}, {0: 900}),
    ],
)
def test_durations_of_lines(durations, expected):
    matched = match_line_audio(list(durations), LINES)

    assert matched is not None
    assert matched.get_durations(durations) == expected


def test_the_duration_of_a_line_is_unknown_while_one_of_its_parts_is():
    matched = match_line_audio(["segs/1_0.wav", "segs/1_1.wav"], LINES)

    assert matched is not None
    assert matched.get_durations({"segs/1_0.wav": 900}) == {}
