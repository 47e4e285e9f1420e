from __future__ import annotations

import pytest

from dubbing_core.left_out import NOTHING_LEFT_OUT, LeftOut, LeftOutFile, parse_left_out
from dubbing_core.paths import find_unrepresentable


def test_left_out_files_are_recorded_as_they_are_shown():
    errors = find_unrepresentable(["caf\udce9.wav", "ok.wav", "n" * 2000, "\udcff" * 300, "a/../b"])
    left_out = LeftOut.of([LeftOutFile.of(error.path, error.code) for error in errors])
    assert [file.code for file in left_out.files] == [
        "path_encoding",
        "path_part_too_long",
        "path_encoding",
        "path_parent",
    ]
    assert left_out.files[0] == LeftOutFile("caf⟦U+DCE9⟧.wav", "path_encoding")
    assert left_out.files[3].reason == "contains “..”"
    assert all(len(file.path) <= 255 for file in left_out.files)
    assert parse_left_out(left_out.as_json()) == left_out


def test_the_number_is_exact_where_the_list_is_cut():
    left_out = LeftOut.of([LeftOutFile.of(f"{number}\udcff", "path_encoding") for number in range(1000)])
    assert (len(left_out.files), left_out.count) == (200, 1000)
    assert parse_left_out(left_out.as_json()) == left_out
    assert (NOTHING_LEFT_OUT.as_json(), parse_left_out({})) == ({}, NOTHING_LEFT_OUT)


@pytest.mark.parametrize(
    "document",
    [
        {"count": -1},
        {"count": True},
        {"count": 0, "files": [["a", "b"]]},
        {"count": 1 << 40},
        {"count": 2, "files": [["a", 1]]},
        {"count": 2, "files": [["a"]]},
        {"count": 1, "files": "a"},
    ],
)
def test_damaged_records_are_refused(document):
    with pytest.raises((TypeError, ValueError)):
        parse_left_out(document)
