"""Counts of lines with audio, and speakers without a voice."""

from __future__ import annotations

from typing import Any

import pytest

from dubbing_core.categories import Category
from dubbing_core.cell_gaps import LineCounts
from dubbing_core.labels import Role
from dubbing_core.progress_matrix import compute_matrix
from dubbing_core.steps import Step
from dubbing_core.stored_matrix import read_matrix, store_matrix
from dubbing_core.timeline.catalog import CatalogTrack, TextFile, list_tracks
from dubbing_core.timeline.line_counts import count_lines, find_too_long
from dubbing_core.timeline.tracks import Segment, Track, TrackKind

SPEAKERS = ("Ana", "Ravi", "Ana", "Li")


def catalog() -> list[CatalogTrack]:
    facts = {"kind": "text", "language": "", "lines": 4, "speakers": 3, "end_ms": 4000, "digest": "1"}
    labels = (("en.srt", Category.TRANSCRIPTIONS, "en"), ("fr.srt", Category.TRANSLATIONS, "fr"))
    return list_tracks(
        TextFile(path=path, category=category, language=language, role=Role.NONE, tracks=[facts])
        for path, category, language in labels
    )


def load(track: CatalogTrack) -> Track:
    segments = [Segment(at * 1000, at * 1000 + 900, name, f"line {at}") for at, name in enumerate(SPEAKERS)]
    return Track(kind=TrackKind.TEXT, language=track.language, segments=segments)


def count(voices: dict[str, Any], *numbers: int) -> dict[str, LineCounts]:
    audio = {"fr": [f"fr/{number:04}.wav" for number in numbers]} if numbers else {}
    return count_lines(["FR", "es"], catalog(), load, line_audio=audio, voices=voices)


def test_lines_without_audio_are_named():
    assert count({}, 1, 3) == {"FR": LineCounts(total=4, voiced=2, gaps=(2, 4))}
    assert count({}) == {}


def test_speakers_without_a_voice_are_named_where_others_have_one():
    counts = count({"ana": "Deep", "Ravi": ""})
    assert counts["es"] == LineCounts(total=0, voiced=0, unvoiced_speakers=("Ravi", "Li"))
    assert count({"fr": "Deep"}) == {}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (LineCounts(total=48, voiced=48), "48 of 48 lines voiced"),
        (LineCounts(total=48, voiced=47, gaps=(12,)), "47 of 48 lines voiced, without 12"),
        (LineCounts(total=48, voiced=45, gaps=(12, 19, 20)), "45 of 48 lines voiced, without 12, 19 and 20"),
        (
            LineCounts(total=4800, voiced=0, gaps=(1, 2, 3, 4)),
            "0 of 4800 lines voiced, without 1, 2, 3 and 4,797 more",
        ),
        (LineCounts(total=0, voiced=0, unvoiced_speakers=("Ana", "Li")), "no voice for Ana and Li"),
        (
            LineCounts(total=4, voiced=4, too_long=(3,), too_long_count=1),
            "4 of 4 lines voiced; audio longer than line 3",
        ),
        (
            LineCounts(total=9, voiced=9, too_long=(1, 2, 3, 4), too_long_count=7),
            "9 of 9 lines voiced; audio longer than lines 1, 2, 3 and 4 more",
        ),
    ],
)
def test_counts_in_words(counts, expected):
    assert counts.summary == expected


@pytest.mark.parametrize(
    ("milliseconds", "is_too_long"), [(900, False), (1200, False), (1201, True), (5000, True)]
)
def test_audio_may_be_a_little_longer_than_its_line(milliseconds, is_too_long):
    audio = {"fr": ["fr/0001.wav", "fr/0002.wav"]}
    counts = count_lines(
        ["fr"], catalog(), load, line_audio=audio, voices={}, durations={"fr/0002.wav": milliseconds}
    )

    assert counts["fr"].too_long == ((2,) if is_too_long else ())
    assert counts["fr"].too_long_count == is_too_long


def test_long_lines_may_be_exceeded_by_a_tenth():
    segments = [Segment(0, 10_000, "", "long"), Segment(10_000, None, "", "open")]

    assert find_too_long(segments, {0: 11_000, 1: 99_000}) == []
    assert find_too_long(segments, {0: 11_001, 1: 99_000}) == [0]


def test_counts_are_stored_with_the_matrix():
    counts = count({"ana": "Deep"}, 1, 3)
    matrix = compute_matrix([], targets=["FR", "es"]).with_lines(counts)
    assert read_matrix(store_matrix(matrix)).cell("FR", Step.VOICED).lines == counts["FR"]
