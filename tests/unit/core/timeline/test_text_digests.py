"""Digests of texts: what a translator would have to read again, and nothing else, changes them."""

from __future__ import annotations

import pytest

from dubbing_core.timeline.text_digests import digest_file, digest_track, normalize_line
from dubbing_core.timeline.tracks import Segment, Track, TrackKind


def track(*texts: str, start: int = 0, speaker: str = "") -> Track:
    segments = [
        Segment(start + at * 1000, start + at * 1000 + 900, speaker, text) for at, text in enumerate(texts)
    ]
    return Track(kind=TrackKind.TEXT, language="", segments=segments)


@pytest.mark.parametrize(
    "other",
    ["Caf\u00e9  au lait", "Cafe\u0301 au\nlait", "Caf\u00e9\u00a0au lait", "\u200fCaf\u00e9 au\u00ad lait "],
)
def test_layout_and_composition_do_not_count(other):
    assert normalize_line(other) == normalize_line("Caf\u00e9 au lait")


@pytest.mark.parametrize("other", ["caf\u00e9 au lait", "Caf\u00e9 au lait.", "Caf\u00e9, au lait"])
def test_case_and_punctuation_count(other):
    assert normalize_line(other) != normalize_line("Caf\u00e9 au lait")


def test_joiners_of_persian_and_hindi_count():
    joined = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert normalize_line(joined) == joined
    assert normalize_line(" \u200b ") == ""


def test_times_speakers_and_empty_lines_do_not_change_a_track():
    assert digest_track(track("Hi.", "Bye.")) == digest_track(
        track("Hi.", "", "Bye.", start=500, speaker="Ana")
    )


@pytest.mark.parametrize("texts", [("Bye.", "Hi."), ("Hi.",), ("Hi. Bye.",), ("Hi.", "Bye.", "Bye.")])
def test_other_lines_change_a_track(texts):
    assert digest_track(track("Hi.", "Bye.")) != digest_track(track(*texts))


def test_a_file_differs_by_the_languages_of_its_tracks():
    same = digest_track(track("Hi."))
    assert digest_file([("text", "en", same)]) != digest_file([("text", "hi", same)])
    assert digest_file([]) == ""
