"""Tests of the comparison of metadata by key, of progress, and of marked words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeKind
from dubbing_core.checked_results import Check
from dubbing_core.comparison.documents import compare_documents
from dubbing_core.comparison.progress import compare_progress
from dubbing_core.comparison.words import mark_words, split_words
from dubbing_core.manifest import ManifestEntry
from dubbing_core.progress_matrix import compute_matrix
from dubbing_core.project_edits import ProjectEdits, write_edits
from dubbing_core.stale_results import Input, Staleness
from dubbing_core.steps import Step


def test_values_are_compared_key_by_key():
    before = {
        "video_name": "a.mp4",
        "voices": {"hi": "deep", "es": "bright"},
        "languages": ["hi", "es"],
        "x": {"y": [1]},
    }
    after = {
        "video_name": "a.mp4",
        "voices": {"hi": "warm", "fr": "soft"},
        "languages": ["hi", "fr"],
        "x": {"y": [1]},
    }

    assert compare_documents(before, after) == [
        (("voices", "hi"), ChangeKind.CHANGED, "deep", "warm"),
        (("voices", "es"), ChangeKind.REMOVED, "bright", None),
        (("languages",), ChangeKind.CHANGED, ["hi", "es"], ["hi", "fr"]),
        (("voices", "fr"), ChangeKind.NEW, None, "soft"),
    ]


def test_what_follows_from_files_and_each_saves_times_is_left_out():
    before = {
        "last_updated": "2025",
        "session_metadata": {"total_files": 1},
        "audio_paths": {"hi": "a"},
        "mixed_videos": [],
    }
    after = {
        "last_updated": "2026",
        "session_metadata": {"total_files": 2},
        "audio_paths": {},
        "mixed_videos": ["b"],
    }

    assert compare_documents(before, after) == []


def test_empty_values_are_absent():
    assert compare_documents({"transcription_text": ""}, {"voices": {}, "x": None}) == []
    assert compare_documents({"x": 0}, {"x": False}) == [(("x",), ChangeKind.CHANGED, 0, False)]


def test_a_voice_that_a_person_set_is_reported_once():
    before = {"voices": {"hi": "deep"}}
    after = write_edits({"voices": {"hi": "warm"}}, ProjectEdits(voices={"hi": "warm"}))

    assert [value.key for value in compare_documents(before, after)] == [("voices", "hi")]
    # The statement itself is shown where the voice does not follow it.
    stated = write_edits({"voices": {"hi": "deep"}}, ProjectEdits(voices={"hi": "deep"}))
    assert [value.key for value in compare_documents(before, stated)] == [
        ("session_metadata", "edits", "voices", "hi")
    ]


def test_a_check_is_reported_as_the_person_who_made_it():
    check = Check(
        files=("0010a6dd502b",), inputs={"translated": "1b5a36"}, by="alice", at="2026-11-30T13:56:32"
    )
    after = write_edits({}, ProjectEdits(checks={"hi:audio": check}))
    again = write_edits({}, ProjectEdits(checks={"hi:audio": replace(check, files=("1b5a36",))}))
    key = ("session_metadata", "edits", "checks", "hi:audio")

    assert compare_documents({}, after) == [(key, ChangeKind.NEW, None, "alice")]
    assert compare_documents(after, {}) == [(key, ChangeKind.REMOVED, "alice", None)]
    assert compare_documents(after, again) == []


def test_statements_that_other_values_show_are_left_out():
    edits = ProjectEdits(
        added_languages=("fr",), excluded_languages=("es",), stated_texts=("fr",), source_language="en"
    )

    differences = compare_documents({}, write_edits({}, edits))

    assert [value.key for value in differences] == [("session_metadata", "edits", "source_language")]


def files(*labels: tuple[Category, str]) -> list[ManifestEntry]:
    return [
        ManifestEntry(path=f"{index}", sha256="", size=1, crc32=0, category=category, language=language)
        for index, (category, language) in enumerate(labels)
    ]


def test_cells_in_another_state_are_reported():
    before = compute_matrix(files((Category.AUDIO, "hi"), (Category.TRANSLATIONS, "es")))
    after = compute_matrix(
        files((Category.AUDIO, "hi"), (Category.TRANSLATIONS, "hi"), (Category.AUDIO, "fr"))
    )
    stale = Staleness(cause=Input.TRANSLATED, changed_in=2, made_in=1, files=1)
    after = after.mark_stale({("hi", Step.VOICED): stale})

    difference = compare_progress(before, after)

    assert difference.added_languages == ("fr",)
    assert difference.removed_languages == ("es",)
    assert [(cell.language, cell.step.value) for cell in difference.cells] == [
        ("hi", "translated"),
        ("hi", "voiced"),
        ("fr", "voiced"),
        ("es", "translated"),
    ]
    assert difference.cells[1].before.stale is None
    assert difference.cells[1].after.stale == stale
    assert not compare_progress(after, after)


def marked(text: str, other: str) -> list[str]:
    """Return the changed pieces of both texts."""
    return ["|".join(piece.text for piece in pieces if piece.is_marked) for pieces in mark_words(text, other)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Hello big world", "Hello small world", ["big", "small"]),
        ("Hello world", "Hello brave new world", ["", "brave new "]),
        ("I don't know", "I do know", ["don't", "do"]),
        ("one two three", "four five six", ["one two three", "four five six"]),
        ("今日は良い天気です", "今日は悪い天気です", ["良", "悪"]),
        ("नमस्ते दुनिया आज", "नमस्ते भारत आज", ["दुनिया", "भारत"]),
        ("สวัสดีครับ", "สวัสดีค่ะ", ["ครับ", "ค่ะ"]),
        ("a, b", "a; b", [",", ";"]),
        ("", "new", ["", "new"]),
        ("a b c d", "a x y d", ["b c", "x y"]),
    ],
)
def test_words_that_differ_are_marked(before, after, expected):
    assert marked(before, after) == expected


def test_marks_of_a_script_stay_with_their_letters():
    assert split_words("हिन्दी में") == ["हिन्दी", " ", "में"]
    assert split_words("ก่อน") == ["ก่", "อ", "น"]


def test_long_texts_are_compared_in_bounded_time():
    before = " ".join(f"a{number}" for number in range(5000))
    after = " ".join(f"b{number}" for number in range(5000))

    old, new = mark_words(f"same {before} end", f"same {after} end")

    assert "".join(piece.text for piece in new) == f"same {after} end"
    assert all(piece.is_marked for piece in old)


@given(
    before=st.text("ab '-\u0e04\u0e48\u4eca\u200d", max_size=12),
    after=st.text("ab '-\u0e04\u0e48\u4eca\u200d", max_size=12),
)
@settings(max_examples=60)
def test_the_pieces_of_a_text_are_the_text(before, after):
    old, new = mark_words(before, after)

    assert "".join(piece.text for piece in old) == before
    assert "".join(piece.text for piece in new) == after
