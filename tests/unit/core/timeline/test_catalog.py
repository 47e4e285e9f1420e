"""Which track of which file is the source's text, and which a translation."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.timeline.catalog import TextFile, TrackUse, list_tracks

TEXTS = count()


def facts(kind: str = "text", language: str = "", digest: str = "", end_ms: int = 9000) -> dict[str, Any]:
    """Return the facts of a track; by default its text is like no other."""
    known = {"lines": 3, "speakers": 0, "end_ms": end_ms, "digest": digest or str(next(TEXTS))}
    return {"kind": kind, "language": language, **known}


def file(path: str, category: Category, language: str = "", role: Role = Role.NONE, *tracks: Any) -> TextFile:
    return TextFile(path=path, category=category, language=language, role=role, tracks=tracks or (facts(),))


def keys(*files: TextFile) -> list[tuple[str, str]]:
    return [(track.key, track.path) for track in list_tracks(files)]


def test_the_label_decides_the_use_of_a_text():
    assert keys(
        file("hi.srt", Category.TRANSLATIONS, "hi"),
        file("en.srt", Category.TRANSCRIPTIONS, "en"),
        file("subs/x.srt", Category.OTHER, "fr"),
        file("both.ass", Category.TRANSLATIONS, "hi", Role.BILINGUAL),
    ) == [("source", "en.srt"), ("hi", "hi.srt"), ("text.1", "subs/x.srt"), ("text.2", "both.ass")]


def test_a_file_with_both_texts_has_two_tracks():
    both = (facts("transcript", "en"), facts("translation", "pt-BR"))
    tracks = list_tracks([file("project.json", Category.OTHER, "", Role.PROJECT, *both)])
    assert [(track.key, track.use, track.language) for track in tracks] == [
        ("source", TrackUse.SOURCE, "en"),
        ("pt-br", TrackUse.TRANSLATION, "pt-BR"),
    ]


def test_a_result_comes_before_a_working_file_and_times_before_none():
    assert keys(
        file("a.txt", Category.TRANSLATIONS, "hi", Role.NONE, facts(end_ms=0)),
        file("b.srt", Category.TRANSLATIONS, "hi", Role.INTERMEDIATE),
        file("c.srt", Category.TRANSLATIONS, "hi"),
    ) == [("hi", "c.srt"), ("hi.2", "a.txt"), ("hi.3", "b.srt")]


def test_the_label_counts_more_than_a_file_that_claims_another_language():
    (track,) = list_tracks(
        [file("hi.json", Category.TRANSLATIONS, "hi", Role.NONE, facts("translation", "en"))]
    )
    assert track.language == "hi"


def test_one_file_has_the_translations_of_several_languages():
    many = (facts("translation", "hi"), facts("translation", "es"))
    tracks = list_tracks([file("translated.json", Category.TRANSLATIONS, "", Role.NONE, *many)])
    assert [track.key for track in tracks] == ["es", "hi"]


@pytest.mark.parametrize("role", [Role.UNCONFIRMED, Role.IGNORED])
def test_a_text_in_an_unconfirmed_role_is_neither(role):
    (track,) = list_tracks([file("a.srt", Category.TRANSCRIPTIONS, "en", role)])
    assert (track.key, track.use, track.is_first) == ("text.1", TrackUse.OTHER, False)


def test_the_same_text_of_several_files_is_one_track_in_the_language_that_one_states():
    both = (facts("transcript", "", "a"), facts("translation", "hi", "b"))
    tracks = list_tracks(
        [
            file("asr.json", Category.TRANSCRIPTIONS, "en", Role.NONE, facts(digest="a")),
            file("chunks.json", Category.TRANSCRIPTIONS, "", Role.TRANSCRIPT, facts(digest="a")),
            file("both.json", Category.TRANSLATIONS, "", Role.NONE, *both),
        ]
    )
    assert [(track.key, track.path, track.language) for track in tracks] == [
        ("source", "chunks.json", "en"),
        ("hi", "both.json", "hi"),
    ]


def test_the_same_text_in_two_languages_is_two_tracks():
    names = [
        file(f"{tag}.srt", Category.TRANSLATIONS, tag, Role.NONE, facts(digest="a")) for tag in ("es", "pt")
    ]
    assert keys(*names) == [("es", "es.srt"), ("pt", "pt.srt")]


def test_a_transcription_comes_before_the_lines_of_the_source_in_a_translation():
    swedish, french = [(facts("transcript"), facts("translation")) for _ in range(2)]
    files = [
        file("translations/sv.csv", Category.TRANSLATIONS, "sv", Role.PROJECT, *swedish),
        file("translations/fr.csv", Category.TRANSLATIONS, "fr", Role.TRANSLATION, *french),
        file("transcriptions/en.srt", Category.TRANSCRIPTIONS, "en", Role.NONE),
        file("chunks.json", Category.TRANSCRIPTIONS, "", Role.INTERMEDIATE),
    ]
    assert keys(*files) == [
        ("source", "transcriptions/en.srt"),
        ("source.2", "translations/fr.csv"),
        ("source.3", "translations/sv.csv"),
        ("source.4", "chunks.json"),
        ("fr", "translations/fr.csv"),
        ("sv", "translations/sv.csv"),
    ]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"speakers": 2}, "utterances.json"),
        ({"speakers": 0}, "eng.srt"),
        ({"speakers": 2, "end_ms": 0}, "eng.srt"),
        ({"speakers": 2, "lines": 2}, "eng.srt"),
    ],
)
def test_of_the_same_lines_those_with_speakers_are_listed(named, expected):
    copy = facts("transcript", "en", "a") | named
    tracks = list_tracks(
        [
            file("eng.srt", Category.TRANSCRIPTIONS, "en", Role.TRANSCRIPT, facts(digest="a")),
            file("other.srt", Category.TRANSCRIPTIONS, "en", Role.TRANSCRIPT),
            file("utterances.json", Category.TRANSLATIONS, "ca", Role.PROJECT, copy),
        ]
    )
    assert [(track.key, track.path) for track in tracks] == [("source", expected), ("source.2", "other.srt")]
