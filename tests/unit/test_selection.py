"""`make test` and `make test-large` together run every test on each stack that its result can depend on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.selection import EITHER_STACK, ON_TEAM, ONE_STACK, SHARES, Selection

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
FOLDERS = sorted({path.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")})
FOLDERS_OF_BOTH_STACKS = [folder for folder in FOLDERS if folder not in ONE_STACK]


def workers() -> list[Selection]:
    """Return the workers that `scripts/test` starts."""
    (listed,) = re.findall(r"^for worker in (.+); do$", (ROOT / "scripts/test").read_text(), re.MULTILINE)
    pairs = [worker.split("/") for worker in listed.split()]
    return [Selection(stack, frozenset(shares.split(",")), is_worker=True) for stack, shares in pairs]


def stacks_of_runs(folder: str, *markers: str) -> tuple[list[str], list[str]]:
    """Return the stack of each worker that runs such a test, with `make test` and with `make test-large`."""
    running = [worker for worker in workers() if worker.has_test(folder, markers)]
    now = sorted(worker.stack for worker in running if not worker.defers(folder, markers))
    later = sorted(worker.stack for worker in running if worker.defers(folder, markers))
    return now, later


@pytest.mark.parametrize("folder", FOLDERS_OF_BOTH_STACKS)
@pytest.mark.parametrize(
    ("markers", "runs"),
    [
        (["either_stack"], (["embedded"], ["team"])),
        (["one_stack"], (["embedded"], [])),
        (["either_stack", "one_stack"], (["embedded"], [])),
        (["team"], (["team"], [])),
    ],
    ids=str,
)
def test_a_marker_decides_which_stack_runs_a_test_and_when(folder, markers, runs):
    assert stacks_of_runs(folder, *markers) == runs


@pytest.mark.parametrize("folder", sorted({*FOLDERS_OF_BOTH_STACKS} - {*EITHER_STACK}))
def test_a_test_without_a_marker_runs_on_both_stacks_with_make_test(folder):
    assert stacks_of_runs(folder) == (["embedded", "team"], [])


@pytest.mark.parametrize("folder", EITHER_STACK)
def test_tests_of_a_folder_can_count_as_marked(folder):
    assert stacks_of_runs(folder) == stacks_of_runs(folder, "either_stack")


@pytest.mark.parametrize("folder", ONE_STACK)
def test_other_folders_run_once_with_make_test(folder):
    assert stacks_of_runs(folder) == ([("team" if folder in ON_TEAM else "embedded")], [])


def test_every_folder_of_the_table_exists():
    listed = {
        *ONE_STACK,
        *ON_TEAM,
        *EITHER_STACK,
        *(folder for folders in SHARES.values() for folder in folders),
    }

    assert listed <= set(FOLDERS)


@pytest.mark.parametrize("stack", ["embedded", "team"])
def test_a_run_by_hand_defers_nothing(stack):
    by_hand = Selection(stack)

    assert all(by_hand.has_test(folder, ["either_stack"]) for folder in FOLDERS_OF_BOTH_STACKS)
    assert not any(by_hand.defers(folder, ["either_stack"]) for folder in FOLDERS)


def test_what_make_test_leaves_out_runs_with_make_test_large_and_in_ci():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    left_out = re.findall(r"not (\w+)", settings["addopts"][settings["addopts"].index("-m") + 1])
    (recipe,) = re.findall(
        r"^test-large:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert sorted(left_out) == ["accident", "deferred", "large", "variant"]
    assert "pytest -m large" in recipe
    assert 'scripts/test -m "accident or deferred or variant"' in recipe
    assert "make test-large" in (ROOT / ".ci/run").read_text(encoding="utf-8")
