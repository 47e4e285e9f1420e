"""Equal elements of two sequences, in the same order in both."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

CELL_LIMIT = 40_000
"""Product of the lengths up to which `difflib` is fast enough, whatever the elements."""
PASSES = 40
"""Number of times that each element is looked at, on average, before what is left counts as different."""

Pair = tuple[int, int]


def match_equal(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[Pair]:
    """Return index pairs of equal elements, both indexes increasing.

    Elements that occur once in both sequences are matched first, because `difflib` alone takes seconds for thousands
    of lines of which every second one has changed.
    """
    pairs: list[Pair] = []
    budget = PASSES * (len(first) + len(second) + 1)
    ranges = [(0, len(first), 0, len(second))]
    while ranges:
        low1, high1, low2, high2 = ranges.pop()
        while low1 < high1 and low2 < high2 and first[low1] == second[low2]:
            pairs.append((low1, low2))
            low1, low2 = low1 + 1, low2 + 1
        while low1 < high1 and low2 < high2 and first[high1 - 1] == second[high2 - 1]:
            high1, high2 = high1 - 1, high2 - 1
            pairs.append((high1, high2))
        if low1 == high1 or low2 == high2:
            continue
        budget -= high1 - low1 + high2 - low2
        if budget < 0:
            break
        if (high1 - low1) * (high2 - low2) <= CELL_LIMIT:
            pairs += _match_few(first, second, (low1, high1, low2, high2))
            continue
        anchors = _find_anchors(first, second, (low1, high1, low2, high2))
        bounds = [(low1 - 1, low2 - 1), *anchors, (high1, high2)] if anchors else []
        pairs += anchors
        for (start1, start2), (end1, end2) in pairwise(bounds):
            ranges.append((start1 + 1, end1, start2 + 1, end2))
    return sorted(pairs)


Range = tuple[int, int, int, int]
"""Bounds in the first and in the second sequence."""


def _match_few(first: Sequence[Hashable], second: Sequence[Hashable], bounds: Range) -> list[Pair]:
    low1, high1, low2, high2 = bounds
    matcher = SequenceMatcher(None, first[low1:high1], second[low2:high2], autojunk=False)
    return [
        (low1 + block.a + offset, low2 + block.b + offset)
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    ]


def _find_anchors(first: Sequence[Hashable], second: Sequence[Hashable], bounds: Range) -> list[Pair]:
    """Return the longest increasing series of elements that occur once in each range.

    If there are none, of those that occur for the same time: the first "Yes." belongs to the first one.
    """
    low1, high1, low2, high2 = bounds
    counts1, counts2 = Counter(first[low1:high1]), Counter(second[low2:high2])
    places = {second[index]: index for index in range(low2, high2) if counts2[second[index]] == 1}
    unique = [
        (index, places[first[index]])
        for index in range(low1, high1)
        if counts1[first[index]] == 1 and first[index] in places
    ]
    if not unique:
        numbered = {key: low2 + offset for offset, key in enumerate(_number(second[low2:high2]))}
        keys = enumerate(_number(first[low1:high1]), low1)
        unique = [(index, numbered[key]) for index, key in keys if key in numbered]
    return _find_longest_series(unique)


def _number(elements: Sequence[Hashable]) -> Iterator[tuple[Hashable, int]]:
    """Yield each element with the number of equal ones before it."""
    counts: Counter[Hashable] = Counter()
    for element in elements:
        yield element, counts[element]
        counts[element] += 1


def _find_longest_series(unique: Sequence[Pair]) -> list[Pair]:
    """Return the longest part of the pairs in which the second index increases, too."""
    ends: list[int] = []  # the last element of the best series of each length
    series: list[int] = []
    previous: list[int] = []
    for number, (_, place) in enumerate(unique):
        length = bisect_left(ends, place)
        previous.append(series[length - 1] if length else -1)
        if length == len(ends):
            ends.append(place)
            series.append(number)
        else:
            ends[length] = place
            series[length] = number
    anchors: list[Pair] = []
    number = series[-1] if series else -1
    while number >= 0:
        anchors.append(unique[number])
        number = previous[number]
    return anchors[::-1]
