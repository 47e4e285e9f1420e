"""Which files are staged together."""

from __future__ import annotations

import pytest

from dubbing_core.zips.reader import SEEK_COST, ArchiveMember
from dubbing_core.zips.records import DEFLATED, STORED
from sessions_app.operations.ingest.batches import BATCH_COUNT, BATCH_SIZE, split_into_batches
from sessions_app.operations.ingest.from_archive import _group_neighbors


def members(*sizes: int, gap: int = 40, unpacked: int | None = None) -> list[tuple[int, ArchiveMember]]:
    """Members that lie one behind the other, ``gap`` bytes apart."""
    placed = []
    start = gap
    for place, size in enumerate(sizes):
        member = ArchiveMember(
            name=f"{place}.wav",
            size=size if unpacked is None else unpacked,
            compressed_size=size,
            crc32=0,
            method=STORED if unpacked is None else DEFLATED,
            data_start=start,
            modified=None,
        )
        placed.append((place, member))
        start += size + gap
    return placed


def grouped(placed: list[tuple[int, ArchiveMember]]) -> list[list[int]]:
    return [[place for place, _ in group] for group in _group_neighbors(placed)]


class TestRuns:
    @pytest.mark.parametrize(
        ("sizes", "expected"),
        [
            ([], []),
            ([0], [[0]]),
            ([BATCH_SIZE + 1], [[0]]),
            ([BATCH_SIZE, 0, 1], [[0, 1], [2]]),
            ([9 * BATCH_SIZE, 1, 1, BATCH_SIZE], [[0], [1, 2], [3]]),
            ([1] * (BATCH_COUNT + 1), [list(range(BATCH_COUNT)), [BATCH_COUNT]]),
        ],
    )
    def test_hold_every_file_once_and_are_small(self, sizes, expected):
        assert [list(run) for run in split_into_batches(sizes)] == expected


class TestNeighbours:
    def test_are_read_together(self):
        assert grouped(members(0, 20_000, 5)) == [[0, 1, 2]]

    def test_there_are_none_of_nothing(self):
        assert grouped([]) == []

    def test_are_not_too_many(self):
        assert grouped(members(*[1] * (BATCH_COUNT + 2))) == [
            list(range(BATCH_COUNT)),
            [BATCH_COUNT, BATCH_COUNT + 1],
        ]

    def test_are_not_too_large(self):
        assert grouped(members(*[BATCH_SIZE // 4] * 5)) == [[0, 1, 2], [3, 4]]

    def test_are_not_too_large_when_they_are_inflated(self):
        assert grouped(members(1000, 1000, 1000, unpacked=BATCH_SIZE // 2)) == [[0, 1], [2]]

    @pytest.mark.parametrize(("gap", "groups"), [(SEEK_COST, [[0, 1]]), (SEEK_COST + 1, [[0], [1]])])
    def test_lie_no_further_apart_than_a_request_is_worth(self, gap, groups):
        assert grouped(members(5, 5, gap=gap)) == groups
