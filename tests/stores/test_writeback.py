from __future__ import annotations

import os

import pytest

from sessions_app.storage import writeback
from sessions_app.storage.writeback import PIECE_SIZE, Writeback


@pytest.fixture
def begun(monkeypatch):
    """The ranges that the system was asked to begin with."""
    begun: list[tuple[int, int]] = []
    monkeypatch.setattr(
        writeback,
        "_sync_file_range",
        lambda descriptor, start, count, flags: begun.append((start, start + count)),
    )
    return begun


def test_it_follows_in_large_pieces_of_whole_pages(begun):
    follower = Writeback(0)

    for _ in range(3):
        follower.advance(PIECE_SIZE // 2 + 1)
    assert begun == [(0, PIECE_SIZE)]
    follower.finish()

    assert begun == [(0, PIECE_SIZE), (PIECE_SIZE, 3 * (PIECE_SIZE // 2 + 1))]


def test_nothing_is_begun_of_nothing(begun):
    Writeback(0).finish()

    assert begun == []


def test_it_does_nothing_where_the_system_cannot(monkeypatch):
    monkeypatch.setattr(writeback, "_sync_file_range", None)

    writeback.begin(0, 0, 1)


def test_the_system_takes_the_call(tmp_path):
    with (tmp_path / "x").open("wb") as file:
        file.write(bytes(10_000))
        file.flush()

        writeback.begin(file.fileno(), 0, 10_000)

        os.fsync(file.fileno())
