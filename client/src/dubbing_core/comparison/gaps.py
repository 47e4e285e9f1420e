"""Lines between equal ones: which belong together, by words and times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dubbing_core.comparison.words import split_words
from dubbing_core.timeline.tracks import Segment

CELL_LIMIT = 10_000
"""Product of the numbers of lines of a gap up to which all ways to group them are tried."""
MIN_SIMILARITY = 0.34
"""Share of common words from which two lines belong together."""
MIN_OVERLAP = 0.6
"""Share of common time from which two lines belong together, whatever their words."""
MIN_JOINED = 0.65
"""Share of common words from which several lines are one that was split."""
MOST_JOINED = 3
"""Lines that one can be split into."""


class Group(NamedTuple):
    """Lines that belong together: bounds in the older and in the newer text."""

    start1: int
    end1: int
    start2: int
    end2: int


class Line(NamedTuple):
    words: Counter[str]
    length: int
    """Number of words."""
    start: int | None
    end: int | None


def align_gap(
    before: Sequence[Segment],
    after: Sequence[Segment],
    bounds: tuple[int, int, int, int],
    *,
    cell_limit: int = CELL_LIMIT,
) -> Iterator[Group]:
    """Yield groups of lines within the bounds, in the order of both texts.

    :param cell_limit: product of the numbers of lines beyond which they are paired in order.
    """
    low1, high1, low2, high2 = bounds
    if low1 == high1 or low2 == high2:
        groups = [
            (count1, count2) for count1, count2 in ((1, 0),) * (high1 - low1) + ((0, 1),) * (high2 - low2)
        ]
    elif (high1 - low1) * (high2 - low2) <= cell_limit:
        old = [_read_line(segment) for segment in before[low1:high1]]
        new = [_read_line(segment) for segment in after[low2:high2]]
        groups = _find_best(old, new)
    else:
        groups = _pair_in_order(before[low1:high1], after[low2:high2])
    for count1, count2 in groups:
        yield Group(low1, low1 + count1, low2, low2 + count2)
        low1, low2 = low1 + count1, low2 + count2


def _read_line(segment: Segment) -> Line:
    words = Counter(word.casefold() for word in split_words(segment.text) if word.strip())
    return Line(words, sum(words.values()), segment.start_ms, segment.end_ms)


def _join(lines: Sequence[Line]) -> Line:
    words: Counter[str] = Counter()
    for line in lines:
        words += line.words
    return Line(words, sum(line.length for line in lines), lines[0].start, lines[-1].end)


def _find_best(old: Sequence[Line], new: Sequence[Line]) -> list[tuple[int, int]]:
    """Return the numbers of lines of the most similar groups."""
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    steps = [[(0, 0)] * (len(new) + 1) for _ in range(len(old) + 1)]
    joined_old = _join_all(old)
    joined_new = _join_all(new)
    for index1 in range(len(old), -1, -1):
        for index2 in range(len(new), -1, -1):
            choices = [(0.0, (0, 0))] if index1 == len(old) and index2 == len(new) else []
            if index1 < len(old):
                choices.append((best[index1 + 1][index2], (1, 0)))
            if index2 < len(new):
                choices.append((best[index1][index2 + 1], (0, 1)))
            if index1 < len(old) and index2 < len(new):
                for count1, count2 in SHAPES:
                    if index1 + count1 > len(old) or index2 + count2 > len(new):
                        continue
                    value = _rate(
                        joined_old[index1][count1 - 1], joined_new[index2][count2 - 1], count1 + count2
                    )
                    if value:
                        choices.append((value + best[index1 + count1][index2 + count2], (count1, count2)))
            best[index1][index2], steps[index1][index2] = max(choices)
    groups: list[tuple[int, int]] = []
    index1 = index2 = 0
    while (step := steps[index1][index2]) != (0, 0):
        groups.append(step)
        index1, index2 = index1 + step[0], index2 + step[1]
    return groups


SHAPES = [
    (1, 1),
    *((1, count) for count in range(2, MOST_JOINED + 1)),
    *((count, 1) for count in range(2, MOST_JOINED + 1)),
]
PAIR = 2


def _join_all(lines: Sequence[Line]) -> list[list[Line]]:
    """Return each line alone and joined with those after it."""
    return [
        [_join(lines[start : start + count]) for count in range(1, min(MOST_JOINED, len(lines) - start) + 1)]
        for start in range(len(lines))
    ]


def _rate(first: Line, second: Line, lines: int) -> float:
    """Return how well lines belong together; 0 if they do not.

    :param lines: number of lines on both sides.
    """
    total = first.length + second.length or 1
    # Most lines differ so much in length that their words need not be compared.
    is_possible = 2 * min(first.length, second.length) / total >= (
        MIN_JOINED if lines > PAIR else MIN_SIMILARITY
    )
    common = sum((first.words & second.words).values()) if is_possible else 0
    similarity = 2 * common / total
    overlap = _compute_overlap(first, second)
    if lines > PAIR:
        return similarity + overlap / 2 if similarity >= MIN_JOINED else 0
    if similarity < MIN_SIMILARITY and overlap < MIN_OVERLAP:
        return 0
    return similarity + overlap / 2


def _compute_overlap(first: Line | Segment, second: Line | Segment) -> float:
    """Return the time that both have, relative to the time that either has."""
    start1, end1 = _get_times(first)
    start2, end2 = _get_times(second)
    if start1 is None or end1 is None or start2 is None or end2 is None:
        return 0
    common = min(end1, end2) - max(start1, start2)
    total = max(end1, end2) - min(start1, start2)
    return common / total if common > 0 and total > 0 else 0


def _get_times(line: Line | Segment) -> tuple[int | None, int | None]:
    return (line.start_ms, line.end_ms) if isinstance(line, Segment) else (line.start, line.end)


def _pair_in_order(before: Sequence[Segment], after: Sequence[Segment]) -> list[tuple[int, int]]:
    """Pair long series of lines: by time where they have times, else one by one."""
    groups: list[tuple[int, int]] = []
    index1 = index2 = 0
    while index1 < len(before) and index2 < len(after):
        first, second = before[index1], after[index2]
        step = (1, 1)
        if first.start_ms is not None and second.start_ms is not None and not _compute_overlap(first, second):
            step = (1, 0) if first.start_ms < second.start_ms else (0, 1)
            step = (1, 1) if first.start_ms == second.start_ms else step
        groups.append(step)
        index1, index2 = index1 + step[0], index2 + step[1]
    return groups + [(1, 0)] * (len(before) - index1) + [(0, 1)] * (len(after) - index2)
