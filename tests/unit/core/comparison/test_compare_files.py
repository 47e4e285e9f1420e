"""Tests of the comparison of files: kinds, moved files, order."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeKind
from dubbing_core.comparison.files import (
    Grouping,
    compare_files,
    filter_differences,
    sort_differences,
    summarize_differences,
)
from dubbing_core.labels import LabelAuthor
from dubbing_core.manifest import ManifestEntry


def entry(path: str, content: str = "x", **fields) -> ManifestEntry:
    return ManifestEntry(
        path=path,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        size=len(content),
        crc32=0,
        **{"category": Category.AUDIO, **fields},
    )


def compare(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    differences = compare_files(
        [entry(path, content) for path, content in before.items()],
        [entry(path, content) for path, content in after.items()],
    )
    return [(difference.kind.value, difference.path, difference.previous_path) for difference in differences]


def test_equal_files_are_no_difference():
    assert compare({"a": "1", "b": "2"}, {"b": "2", "a": "1"}) == []


def test_new_changed_and_removed_files():
    assert compare({"a": "1", "b": "2"}, {"a": "other", "c": "3"}) == [
        ("changed", "a", ""),
        ("removed", "b", ""),
        ("new", "c", ""),
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"a/1.wav": "1"}, {"b/1.wav": "1"}, [("moved", "b/1.wav", "a/1.wav")], id="moved"),
        pytest.param({"a.wav": "1"}, {"a.wav": "1", "b.wav": "1"}, [("new", "b.wav", "")], id="copied"),
        pytest.param(
            {"a/1.wav": "1", "a/2.wav": "1"},
            {"b/2.wav": "1", "b/1.wav": "1"},
            [("moved", "b/1.wav", "a/1.wav"), ("moved", "b/2.wav", "a/2.wav")],
            id="the same name belongs together",
        ),
        pytest.param(
            {"a.wav": "1", "b.wav": "1"},
            {"c.wav": "1"},
            [("removed", "b.wav", ""), ("moved", "c.wav", "a.wav")],
            id="two became one",
        ),
        pytest.param(
            {"a.wav": "1"},
            {"b.wav": "1", "c.wav": "1"},
            [("moved", "b.wav", "a.wav"), ("new", "c.wav", "")],
            id="one became two",
        ),
        pytest.param(
            {"a.txt": "", "a/.keep": ""},
            {"b.txt": "", "b/.keep": ""},
            [("removed", "a.txt", ""), ("new", "b.txt", ""), ("moved", "b/.keep", "a/.keep")],
            id="empty files are all equal",
        ),
        pytest.param(
            {"a": "1", "b": "2"},
            {"a": "2", "b": "1"},
            [("changed", "a", ""), ("changed", "b", "")],
            id="swapped",
        ),
    ],
)
def test_moved_files_are_paired_one_to_one(before, after, expected):
    assert sorted(compare(before, after), key=lambda row: row[1]) == sorted(expected, key=lambda row: row[1])


def test_labels_and_the_executable_bit_are_reported_by_name():
    before = entry("a.wav", language="hi")
    after = replace(
        before,
        category=Category.OTHER,
        language="",
        labeled_by=LabelAuthor.PERSON,
        is_executable=True,
        mtime_ns=5,
    )

    (difference,) = compare_files([before], [after])

    assert difference.kind is ChangeKind.RELABELED
    assert difference.relabeling == [
        ("category", "Audio", "Other"),
        ("language", "hi", ""),
        ("label", "recognized", "set by a person"),
        ("executable", "no", "yes"),
    ]


@pytest.mark.parametrize(
    ("was_executable", "kind"), [(False, ChangeKind.MADE_EXECUTABLE), (True, ChangeKind.NOT_EXECUTABLE)]
)
def test_a_change_of_the_executable_bit_alone_is_its_own_kind(was_executable, kind):
    before = entry("run.sh", is_executable=was_executable)

    (difference,) = compare_files([before], [replace(before, is_executable=not was_executable)])

    assert difference.kind is kind
    assert difference.relabeling == []


def test_a_touched_file_is_no_difference():
    assert compare_files([entry("a", mtime_ns=1, since=1)], [entry("a", mtime_ns=2, since=4)]) == []


def test_files_are_sorted_by_category_or_folder():
    files = [
        entry("z/a.srt", category=Category.TRANSLATIONS),
        entry("a/b.wav"),
        entry("c.wav"),
        entry("a/x/b.wav", category=Category.OTHER),
    ]
    differences = compare_files([], files)

    paths = {
        grouping: [difference.path for difference in sort_differences(differences, grouping)]
        for grouping in Grouping
    }

    assert paths[Grouping.CATEGORY] == ["z/a.srt", "a/b.wav", "c.wav", "a/x/b.wav"]
    assert paths[Grouping.FOLDER] == ["c.wav", "a/b.wav", "a/x/b.wav", "z/a.srt"]
    assert differences[0].get_group(Grouping.FOLDER) == ""
    assert differences[1].get_group(Grouping.FOLDER) == "a/"


def test_a_filter_also_finds_former_paths():
    differences = compare_files([entry("Takes/one.wav")], [entry("audio/hi.wav"), entry("b.wav", "2")])

    found = filter_differences(differences, text="ONE takes")

    assert [difference.path for difference in found] == ["audio/hi.wav"]
    assert filter_differences(differences, kind=ChangeKind.NEW, text="takes") == []


def test_the_summary_names_moved_files():
    differences = compare_files([entry("a.wav")], [entry("b.wav"), entry("c.wav", "2")])

    assert summarize_differences(differences).words == "1 new: c.wav; 1 moved: b.wav"


FOLDERS = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["", "1", "2", "3"]), max_size=8)


@given(before=FOLDERS, after=FOLDERS)
def test_applying_the_differences_makes_the_second_folder_of_the_first(before, after):
    differences = compare_files(
        *([entry(path, text) for path, text in each.items()] for each in (before, after))
    )

    made = {path: entry(path, text) for path, text in before.items()}
    for difference in differences:
        if difference.before is not None:
            del made[difference.before.path]
    for difference in differences:
        if difference.after is not None:
            made[difference.after.path] = difference.after
    assert made == {path: entry(path, text) for path, text in after.items()}
    former = Counter(difference.before.path for difference in differences if difference.before is not None)
    assert not former or max(former.values()) == 1


@given(before=FOLDERS, after=FOLDERS)
def test_the_opposite_comparison_has_the_opposite_differences(before, after):
    old, new = ([entry(path, text) for path, text in each.items()] for each in (before, after))
    opposite = {ChangeKind.NEW: ChangeKind.REMOVED, ChangeKind.REMOVED: ChangeKind.NEW}

    forward = Counter(difference.kind for difference in compare_files(old, new))
    backward = Counter(
        opposite.get(difference.kind, difference.kind) for difference in compare_files(new, old)
    )

    assert forward == backward
