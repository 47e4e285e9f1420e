"""Texts of files in the metadata document, beside what people wrote."""

from __future__ import annotations

from typing import Any

import pytest

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.timeline.catalog import CatalogTrack, TextFile, list_tracks
from dubbing_core.timeline.session_texts import (
    collect_texts,
    digest_filled,
    fill_document,
    join_lines,
    remove_filled,
)
from dubbing_core.timeline.tracks import Segment, Track, TrackKind

LINES = {
    "en.srt": [Segment(0, 1000, "Ana", "Hello\nyou."), Segment(1000, 2500, "Ravi", "Bye.")],
    "hi.srt": [Segment(0, 1000, "", "नमस्ते।")],
    "fr.srt": [Segment(0, 1000, "", "Salut.")],
}
LABELS = {
    "en.srt": (Category.TRANSCRIPTIONS, "en"),
    "hi.srt": (Category.TRANSLATIONS, "hi"),
    "fr.srt": (Category.TRANSLATIONS, "fr"),
}
FILLED = {
    "transcription_text": "Hello you. Bye.",
    "translations": {"fr": "Salut.", "hi": "नमस्ते।"},
    "languages": ["fr", "hi"],
    "speakers": ["Ana", "Ravi"],
    "duration": 2.5,
}


def catalog() -> list[CatalogTrack]:
    return list_tracks(
        TextFile(
            path=path,
            category=category,
            language=language,
            role=Role.NONE,
            tracks=[
                {
                    "kind": "text",
                    "language": "",
                    "lines": 2,
                    "speakers": 2,
                    "end_ms": LINES[path][-1].end_ms,
                    "digest": path,
                }
            ],
        )
        for path, (category, language) in LABELS.items()
    )


def load(track: CatalogTrack) -> Track:
    return Track(kind=TrackKind.TEXT, language=track.language, segments=LINES[track.path])


def collect(document: dict[str, Any]) -> dict[str, Any]:
    return dict(collect_texts(document, catalog(), load))


def test_an_empty_document_is_filled():
    filled = collect({})
    assert filled == FILLED
    document = fill_document({"languages": [], "transcription_text": "", "translations": {}}, filled)
    assert document["transcription_text"] == "Hello you. Bye."
    assert document["languages"] == ["fr", "hi"]
    assert document["session_metadata"] == {"speakers": ["Ana", "Ravi"], "duration": 2.5}


def test_what_people_wrote_stays():
    document = {
        "transcription_text": "My own words.",
        "translations": {"HI": "अपने शब्द"},
        "languages": ["HI"],
        "session_metadata": {"speakers": ["Anna"], "edits": {"excluded_languages": ["fr"]}},
    }
    complete = fill_document(document, collect(document))
    assert complete["transcription_text"] == "My own words."
    assert complete["translations"] == {"HI": "अपने शब्द"}
    assert complete["languages"] == ["HI"]
    assert complete["session_metadata"]["speakers"] == ["Anna"]


@pytest.mark.parametrize(
    "document", [{}, {"translations": {"fr": "Bonjour."}, "languages": ["fr"], "other": 1}]
)
def test_an_uploaded_copy_of_a_filled_document_adds_nothing(document):
    base = {"transcription_text": "", "translations": {}, "languages": [], "session_metadata": {}, **document}
    filled = collect(base)
    assert remove_filled(fill_document(base, filled), filled) == base


def test_a_corrected_copy_keeps_the_correction():
    filled = collect({})
    uploaded = fill_document({}, filled) | {"transcription_text": "Hello, you."}
    assert remove_filled(uploaded, filled)["transcription_text"] == "Hello, you."


def test_a_text_is_cut_after_a_line():
    track = load(catalog()[0])
    assert join_lines(track, 11) == "Hello you."
    assert join_lines(track, 3) == ""


def test_digests_differ():
    assert digest_filled({}) != digest_filled(FILLED) != ""
