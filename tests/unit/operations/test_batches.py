"""Batches of files that are staged together."""

from __future__ import annotations

import pytest

from dubbing_core.zips.reader import SEEK_COST, ArchiveMember
from dubbing_core.zips.records import DEFLATED, STORED
from sessions_app.operations.ingest.batches import BATCH_COUNT, BATCH_SIZE, split_into_batches
from sessions_app.operations.ingest.from_archive import _group_neighbors


def members(*sizes: int, gap: int = 40, unpacked: int | None = None) -> list[tuple[int, ArchiveMember]]:
    """Return consecutive members, ``gap`` bytes apart, with their positions."""
    positioned = []
    start = gap
    for position, size in enumerate(sizes):
        member = ArchiveMember(
            name=f"{position}.wav",
            size=size if unpacked is None else unpacked,
            compressed_size=size,
            crc32=0,
            method=STORED if unpacked is None else DEFLATED,
            data_start=start,
            modified=None,
            unix_time=None,
            is_executable=False,
        )
        positioned.append((position, member))
        start += size + gap
    return positioned


def group(positioned: list[tuple[int, ArchiveMember]]) -> list[list[int]]:
    return [[position for position, _ in members] for members in _group_neighbors(positioned)]


class TestSplitIntoBatches:
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
    def test_contains_every_file_once_in_small_batches(self, sizes, expected):
        assert [list(batch) for batch in split_into_batches(sizes)] == expected


class TestGroupNeighbors:
    def test_groups_neighbors(self):
        assert group(members(0, 20_000, 5)) == [[0, 1, 2]]

    def test_no_members_give_no_groups(self):
        assert group([]) == []

    def test_limits_the_count(self):
        assert group(members(*[1] * (BATCH_COUNT + 2))) == [
            list(range(BATCH_COUNT)),
            [BATCH_COUNT, BATCH_COUNT + 1],
        ]

    def test_limits_the_compressed_size(self):
        assert group(members(*[BATCH_SIZE // 4] * 5)) == [[0, 1, 2], [3, 4]]

    def test_limits_the_inflated_size(self):
        assert group(members(1000, 1000, 1000, unpacked=BATCH_SIZE // 2)) == [[0, 1], [2]]

    @pytest.mark.parametrize(("gap", "groups"), [(SEEK_COST, [[0, 1]]), (SEEK_COST + 1, [[0], [1]])])
    def test_splits_at_gaps_that_cost_more_than_a_request(self, gap, groups):
        assert group(members(5, 5, gap=gap)) == groups
