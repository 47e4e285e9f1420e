"""Tests of restored parts: which files and values of an earlier version replace the current ones."""

from __future__ import annotations

import pytest

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.project_edits import ProjectEdits, Target, read_edits, write_edits
from dubbing_core.restored_part import RestoredPart, restore_entries, restore_values


def entry(path: str, category: Category, language: str = "", sha256: str = "old") -> ManifestEntry:
    return ManifestEntry(path=path, sha256=sha256, size=1, crc32=0, category=category, language=language)


EARLIER = [
    entry("talk.mp4", Category.ORIGINAL_VIDEO),
    entry("hi.srt", Category.TRANSLATIONS, "hi"),
    entry("hi.wav", Category.AUDIO, "hi"),
    entry("fr.wav", Category.AUDIO, "fr"),
]
CURRENT = [
    entry("talk.mp4", Category.ORIGINAL_VIDEO, sha256="new"),
    entry("hi.srt", Category.TRANSLATIONS, "hi", sha256="new"),
    entry("hi.wav", Category.AUDIO, "hi", sha256="new"),
    entry("hi_2.wav", Category.AUDIO, "hi", sha256="new"),
    entry("metadata.json", Category.OTHER, sha256="new"),
]
CURRENT[-1] = ManifestEntry(
    path="metadata.json", sha256="new", size=1, crc32=0, category=Category.OTHER, role=Role.SESSION_METADATA
)


def restored(**choices) -> dict[str, str]:
    entries = restore_entries(CURRENT, EARLIER, RestoredPart.from_choices(**choices))
    return {path: each.sha256 for path, each in sorted(entries.items())}


ALL_NEW = {each.path: "new" for each in CURRENT}


@pytest.mark.parametrize(
    ("choices", "changed", "removed"),
    [
        ({"categories": ["audio"], "languages": ["hi"]}, {"hi.wav": "old"}, ["hi_2.wav"]),
        ({"categories": ["audio"], "languages": ["hi"], "keeps_newer": True}, {"hi.wav": "old"}, []),
        ({"categories": ["audio"]}, {"hi.wav": "old", "fr.wav": "old"}, ["hi_2.wav"]),
        ({"languages": ["HI"]}, {"hi.wav": "old", "hi.srt": "old"}, ["hi_2.wav"]),
        ({"languages": [""]}, {"talk.mp4": "old"}, []),
        ({"paths": ["hi.srt"]}, {"hi.srt": "old"}, []),
        ({"cells": ["HI:audio"]}, {"hi.wav": "old"}, ["hi_2.wav"]),
        ({"cells": ["hi:translations", "fr:audio"]}, {"hi.srt": "old", "fr.wav": "old"}, []),
        ({"cells": ["*:original_video"], "languages": ["fr"]}, {"talk.mp4": "old", "fr.wav": "old"}, []),
        ({"paths": ["hi_2.wav"]}, {}, ["hi_2.wav"]),
        ({"paths": ["metadata.json"]}, {}, []),
        ({"categories": ["original_video"], "paths": ["fr.wav"]}, {"talk.mp4": "old", "fr.wav": "old"}, []),
    ],
)
def test_the_part_is_as_it_was_and_the_rest_stays(choices, changed, removed):
    expected = {path: sha256 for path, sha256 in (ALL_NEW | changed).items() if path not in removed}

    assert restored(**choices) == expected


OLD_VALUES = {
    "video_name": "old.mp4",
    "transcription_text": "old",
    "translations": {"hi": "old", "es": "old"},
    "voices": {"hi": "old", "SPEAKER_00": "old"},
}
NEW_VALUES = {
    "video_name": "new.mp4",
    "transcription_text": "new",
    "translations": {"hi": "new", "fr": "new"},
    "voices": {"hi": "new", "fr": "new"},
}


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({"categories": ["audio"]}, {}),
        ({"paths": ["voices.json"]}, {}),
        ({"categories": ["voices"]}, {"voices": {"hi": "old", "SPEAKER_00": "old"}}),
        (
            {"categories": ["voices", "translations"], "languages": ["hi"]},
            {"voices": {"hi": "old", "fr": "new"}, "translations": {"hi": "old", "fr": "new"}},
        ),
        ({"categories": ["transcriptions"]}, {"transcription_text": "old"}),
        ({"categories": ["translations"]}, {"translations": {"hi": "old", "es": "old"}}),
        (
            {"categories": ["translations"], "keeps_newer": True},
            {"translations": {"hi": "old", "es": "old", "fr": "new"}},
        ),
        ({"categories": ["original_video"]}, {"video_name": "old.mp4"}),
    ],
)
def test_values_are_restored_with_their_categories(choices, expected):
    document = restore_values(NEW_VALUES, OLD_VALUES, RestoredPart.from_choices(**choices))

    assert document == {**NEW_VALUES, **expected, "session_metadata": {}}


def test_statements_about_voices_and_whole_languages_are_restored():
    current = write_edits(
        {},
        ProjectEdits(excluded_languages=("fr",), added_languages=("es",), voices={"fr": "new", "hi": "new"}),
    )
    earlier = write_edits({}, ProjectEdits(added_languages=("fr",), voices={"fr": "old"}))

    whole = read_edits(restore_values(current, earlier, RestoredPart.from_choices(languages=["fr"])))
    voices = read_edits(restore_values(current, earlier, RestoredPart.from_choices(categories=["voices"])))

    assert whole == ProjectEdits(added_languages=("es", "fr"), voices={"hi": "new", "fr": "old"})
    assert voices == ProjectEdits(excluded_languages=("fr",), added_languages=("es",), voices={"fr": "old"})
    assert read_edits(current).set_target("fr", Target.AUTOMATIC).excluded_languages == ()


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        ({"categories": ["audio"], "languages": ["hi", "fr"]}, "audio in fr and hi"),
        ({"languages": ["fr"]}, "everything in fr"),
        ({"languages": [""]}, "everything in no language"),
        ({"categories": ["audio", "translations", "voices"]}, "translations, voice assignments and audio"),
        ({"paths": ["a/b.wav"]}, "b.wav"),
        ({"paths": list("abcd")}, "4 files"),
        ({"categories": ["audio"], "paths": ["b.wav"]}, "audio and b.wav"),
    ],
)
def test_a_part_is_described(choices, text):
    assert RestoredPart.from_choices(**choices).describe() == text


def test_no_choice_is_no_part():
    assert not RestoredPart()
    assert RestoredPart.from_choices(languages=[""])
