"""Counts of lines with audio, and speakers without a voice."""

from __future__ import annotations

from typing import Any

import pytest

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.progress_matrix import LineCounts, compute_matrix
from dubbing_core.steps import Step
from dubbing_core.stored_matrix import read_matrix, store_matrix
from dubbing_core.timeline.catalog import CatalogTrack, TextFile, list_tracks
from dubbing_core.timeline.line_counts import count_lines
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
    ],
)
def test_counts_in_words(counts, expected):
    assert counts.summary == expected


def test_counts_are_stored_with_the_matrix():
    counts = count({"ana": "Deep"}, 1, 3)
    matrix = compute_matrix([], targets=["FR", "es"]).with_lines(counts)
    assert read_matrix(store_matrix(matrix)).cell("FR", Step.VOICED).lines == counts["FR"]
