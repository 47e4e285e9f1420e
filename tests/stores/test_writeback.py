from __future__ import annotations

import os

import pytest

from sessions_app.storage import writeback
from sessions_app.storage.writeback import STEP_SIZE, EarlyWriteback, start_writeback


@pytest.fixture
def ranges(monkeypatch):
    """The ranges that the system was requested to write."""
    ranges: list[tuple[int, int]] = []
    monkeypatch.setattr(
        writeback,
        "_sync_file_range",
        lambda _file, start, count, _flags: ranges.append((start, start + count)),
    )
    return ranges


def test_it_starts_in_large_steps_of_whole_pages(ranges):
    early = EarlyWriteback(0)

    for _ in range(3):
        early.advance(STEP_SIZE // 2 + 1)
    assert ranges == [(0, STEP_SIZE)]
    early.finish()

    assert ranges == [(0, STEP_SIZE), (STEP_SIZE, 3 * (STEP_SIZE // 2 + 1))]


def test_an_empty_file_starts_nothing(ranges):
    EarlyWriteback(0).finish()

    assert ranges == []


def test_it_does_nothing_without_support_of_the_system(monkeypatch):
    monkeypatch.setattr(writeback, "_sync_file_range", None)

    start_writeback(0, 0, 1)


def test_the_system_accepts_the_call(tmp_path):
    with (tmp_path / "x").open("wb") as file:
        file.write(bytes(10_000))
        file.flush()

        start_writeback(file.fileno(), 0, 10_000)

        os.fsync(file.fileno())
