from __future__ import annotations

import json
from pathlib import Path

import pytest

from dubbing_core.exclusions import describe_exclusions, find_exclusion

PARTS = [f"a/.{name}.wav.0123456789abcdef.dubs-part" for name in ("hi", "es")]
CASES = json.loads(Path(__file__).with_name("excluded_names.json").read_bytes())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["path"])
def test_the_outermost_excluded_part_is_found(case):
    exclusion = find_exclusion(case["path"])

    found = (exclusion.path, exclusion.reason) if exclusion else (None, None)
    assert found == (case["excluded"], case.get("reason"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["path"])
def test_only_hidden_folders_are_saved_on_request(case):
    is_hidden = case.get("reason") == "hidden_folder"

    assert (find_exclusion(case["path"], include_hidden=True) is None) == (
        is_hidden or case["excluded"] is None
    )


def test_names_are_listed_with_their_numbers_hidden_folders_first():
    paths = ["a/.DS_Store", ".DS_Store", "b/.cache/x", "c/.cache/y", ".git/config", "__MACOSX/x", *PARTS]
    exclusions = [each for path in paths if (each := find_exclusion(path))]

    assert describe_exclusions(exclusions) == (
        "Left out: .cache/ (2 hidden folders), .git/ (hidden folder), .DS_Store (2 system files), "
        "__MACOSX/ (system folder), *.dubs-part (2 unfinished downloads)."
    )
    assert describe_exclusions([]) == ""
