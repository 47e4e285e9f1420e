from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from sessions_app.storage.part_sizes import MAX_PART_SIZE, MAX_PARTS, choose_part_size
from sessions_app.storage.store import PART_SIZE

GIB = 1024**3
LARGEST = 5 * 1024 * GIB


@pytest.mark.parametrize("size", [None, 0, 1, PART_SIZE, 78 * GIB, PART_SIZE * MAX_PARTS])
def test_up_to_78_gib_parts_are_of_8_mib(size):
    """Uploads of versions without larger parts can resume."""
    assert choose_part_size(size) == 8 * 1024 * 1024


@pytest.mark.parametrize(
    ("size", "part_size"),
    [
        (PART_SIZE * MAX_PARTS + 1, 2 * PART_SIZE),
        (100 * GIB, 2 * PART_SIZE),
        (2 * PART_SIZE * MAX_PARTS + 1, 4 * PART_SIZE),
        (1024 * GIB, 16 * PART_SIZE),
        (LARGEST, GIB),
    ],
)
def test_larger_objects_have_doubled_parts(size, part_size):
    assert choose_part_size(size) == part_size


@given(st.integers(PART_SIZE * MAX_PARTS + 1, LARGEST))
def test_parts_suffice_and_are_as_small_as_possible(size):
    part_size = choose_part_size(size)

    assert part_size <= MAX_PART_SIZE
    assert MAX_PARTS / 2 <= size / part_size <= MAX_PARTS
