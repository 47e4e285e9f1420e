"""Lines of several tracks side by side."""

from __future__ import annotations

import random

import pytest

from dubbing_core.timeline.alignment import align_tracks, find_row_at, find_row_of
from dubbing_core.timeline.tracks import Segment

Cells = list[tuple[tuple[int, ...], ...]]


def timed(*spans: tuple[int | None, int | None]) -> list[Segment]:
    return [Segment(start, end, "", f"line {at}") for at, (start, end) in enumerate(spans)]


def cells(*tracks: list[Segment]) -> Cells:
    return [row.cells for row in align_tracks(tracks)]


BASE = timed((0, 1000), (1000, 2000), (2000, 3000))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(
            timed((50, 990), (1100, 2000), (2000, 2900)),
            [((0,), (0,)), ((1,), (1,)), ((2,), (2,))],
            id="same",
        ),
        pytest.param(timed((0, 1900), (2000, 3000)), [((0,), (0,)), ((1,), ()), ((2,), (1,))], id="joined"),
        pytest.param(
            timed((0, 1000), (1000, 2000), (None, None), (2000, 3000)),
            [((0,), (0,)), ((1,), (1,)), ((), (2,)), ((2,), (3,))],
            id="one without times",
        ),
        pytest.param(
            timed((0, 400), (500, 900), (1000, 2000), (2100, 2900)),
            [((0,), (0, 1)), ((1,), (2,)), ((2,), (3,))],
            id="split",
        ),
        pytest.param(
            timed((0, 900), (5000, 6000)), [((0,), (0,)), ((1,), ()), ((2,), ()), ((), (1,))], id="additional"
        ),
        pytest.param(
            timed((None, None), (None, None)), [((0,), (0,)), ((1,), (1,)), ((2,), ())], id="without times"
        ),
        pytest.param(
            timed(*[(None, None)] * 4), [((0,), (0,)), ((1,), (1,)), ((2,), (2,)), ((), (3,))], id="longer"
        ),
        pytest.param([], [((0,), ()), ((1,), ()), ((2,), ())], id="empty"),
    ],
)
def test_lines_are_beside_the_line_that_they_overlap(other, expected):
    assert cells(BASE, other) == expected


def test_a_line_between_two_lines_has_a_row_in_its_place():
    base = timed((0, 1000), (5000, 6000))
    assert cells(base, timed((2000, 3000)), timed((2000, 2500))) == [
        ((0,), (), ()),
        ((), (0,), (0,)),
        ((1,), (), ()),
    ]


def test_retimed_lines_of_equal_number_are_aligned_by_number():
    retimed = timed((0, 1400), (1400, 2600), (2600, 4000))
    assert cells(BASE, retimed) == [((0,), (0,)), ((1,), (1,)), ((2,), (2,))]


@pytest.mark.parametrize("seed", range(5))
def test_every_line_is_in_one_row_whatever_the_times_are(seed):
    chance = random.Random(seed)

    def odd() -> list[Segment]:
        return timed(*(
            (chance.choice([None, chance.randrange(10**8)]), chance.choice([None, chance.randrange(10**11)]))
            for _ in range(chance.randrange(60))
        ))  # fmt: skip

    tracks = [odd(), odd(), odd()]
    rows = align_tracks(tracks)
    for at, track in enumerate(tracks):
        assert sorted(line for row in rows for line in row.cells[at]) == list(range(len(track)))
    assert all(row.first(tracks) for row in rows)


def test_rows_are_found_by_time_and_by_line():
    backwards = timed((5000, 6000), (0, 1000), (2000, 2500))
    rows = align_tracks([backwards])
    assert [find_row_at(rows, [backwards], time) for time in (0, 1999, 2000, 10**9)] == [1, 1, 2, 0]
    assert find_row_of(rows, 0, 2) == 2
    assert find_row_of(rows, 0, 99) == 0
