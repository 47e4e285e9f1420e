"""A check that is ignored has its reason in the same line."""

from __future__ import annotations

import re

import pytest

from tests.language.words import ROOT, tracked_files

UNEXPLAINED = re.compile(r"# (?:ruff: )?noqa(?!: [A-Z0-9, ]+ (?:\(|- ))|# type: ignore(?!\[[a-z, -]+\]  # )")


def test_each_ignored_check_has_a_reason():
    found = [
        f"{name}:{number}"
        for name in tracked_files()
        if name.endswith(".py") and name != "tests/unit/test_ignored_checks.py"
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1)
        if UNEXPLAINED.search(line)
    ]

    assert not found, "Write `# noqa: X100 (reason)` or `# type: ignore[name]  # reason`: " + ", ".join(found)


@pytest.mark.parametrize(
    "line", ["x  # noqa", "x  # noqa: S608", "x  # type: ignore[misc]", "# ruff: noqa: S101"]
)
def test_missing_reasons_are_found(line: str):
    assert UNEXPLAINED.search(line)


@pytest.mark.parametrize("line", ["x  # noqa: S608 (a constant)", "x  # type: ignore[misc]  # a constant"])
def test_reasons_are_accepted(line: str):
    assert not UNEXPLAINED.search(line)
