"""Alignment of tracks: rows of lines that are spoken at the same time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from dubbing_core.timeline.tracks import Segment

Segments = Sequence[Segment]
CANDIDATES = 4
"""Lines before and after a time that are compared with a line: more of them never overlap it in usable subtitles."""
OVERLAP_SHARE = 0.5
"""Of the lines of two tracks of equal length that must overlap their neighbor to be aligned by number."""


@dataclass(frozen=True, slots=True)
class Row:
    """Lines that belong together."""

    cells: tuple[tuple[int, ...], ...]
    """Of each track: the indexes of its lines, mostly one."""

    def first(self, tracks: Sequence[Segments]) -> Segment:
        """Return the first line, of the first track that has one."""
        at = next(number for number, cell in enumerate(self.cells) if cell)
        return tracks[at][self.cells[at][0]]


def align_tracks(tracks: Sequence[Segments]) -> list[Row]:
    """Return the rows of all lines; each line is in one row.

    The first track defines the rows. Lines of others that overlap none of its lines get rows of their own.
    """
    if not tracks:
        return []
    base, *others = tracks
    cells: list[list[tuple[int, ...]]] = [[(index,)] for index in range(len(base))]
    extra: list[tuple[int, int, int]] = []  # row before which it is, track, line
    for number, track in enumerate(others, 1):
        places = _place_lines(base, track)
        found: dict[int, list[int]] = {}
        for line, (row, is_own) in enumerate(places):
            if is_own:
                extra.append((row, number, line))
            else:
                found.setdefault(row, []).append(line)
        for row, cell in enumerate(cells):
            cell.append(tuple(found.get(row, ())))
    return _merge(cells, extra, tracks)


def _merge(
    cells: list[list[tuple[int, ...]]], extra: list[tuple[int, int, int]], tracks: Sequence[Segments]
) -> list[Row]:
    """Return the rows of the first track with those of other tracks between them."""
    before: dict[int, list[tuple[int, int]]] = {}
    for row, track, line in extra:
        before.setdefault(row, []).append((track, line))
    rows = []
    for index in range(len(cells) + 1):
        # Lines of several tracks at the same time share a row.
        shared: dict[object, list[tuple[int, ...]]] = {}
        for track, line in before.get(index, ()):
            start = tracks[track][line].start_ms
            key = (track, line) if start is None else start
            own = shared.setdefault(key, [()] * len(tracks))
            own[track] = (*own[track], line)
        times = sorted(shared.items(), key=lambda item: item[0] if isinstance(item[0], int) else -1)
        rows += [Row(tuple(own)) for _, own in times]
        if index < len(cells):
            rows.append(Row(tuple(cells[index])))
    return rows


def _place_lines(base: Segments, track: Segments) -> list[tuple[int, bool]]:
    """Return a row for each line.

    With it: whether the line gets a row of its own before that one.
    """
    is_timed = _is_timed(base) and _is_timed(track)
    if not is_timed or (len(base) == len(track) and _overlap_by_number(base, track)):
        return [(index, False) if index < len(base) else (len(base), True) for index in range(len(track))]
    order = sorted(range(len(base)), key=lambda index: base[index].start_ms or 0)
    starts = [base[index].start_ms or 0 for index in order]
    latest = list(accumulate((segment.start_ms or 0 for segment in base), max))
    places: list[tuple[int, bool]] = []
    before = 0  # where a line without times stays: behind the line before it
    for segment in track:
        row = _find_row(base, order, starts, segment)
        before = before if segment.start_ms is None else segment.start_ms
        places.append((row, False) if row is not None else (bisect_right(latest, before), True))
    return places


def _find_row(base: Segments, order: Sequence[int], starts: Sequence[int], segment: Segment) -> int | None:
    """Return the line that overlaps longest; None if no line overlaps."""
    if segment.start_ms is None:
        return None
    start, end = _get_span(segment)
    at = bisect_right(starts, (start + end) // 2)
    best, longest = None, 0
    for index in order[max(at - CANDIDATES, 0) : at + CANDIDATES]:
        other_start, other_end = _get_span(base[index])
        overlap = min(end, other_end) - max(start, other_start)
        if overlap > longest:
            best, longest = index, overlap
    return best


def _get_span(segment: Segment) -> tuple[int, int]:
    """Return start and end, a millisecond apart at least.

    Also of lines that end before they start.
    """
    start = segment.start_ms or 0
    return start, max(segment.end_ms or 0, start + 1)


def _is_timed(track: Segments) -> bool:
    return any(segment.start_ms is not None for segment in track)


def are_parallel(base: Segments, track: Segments) -> bool:
    """Return whether lines of the same number are spoken at the same time."""
    return len(base) == len(track) and all(
        one.start_ms is not None and other.start_ms is not None and _overlaps(one, other)
        for one, other in zip(base, track, strict=True)
    )


def _overlaps(one: Segment, other: Segment) -> bool:
    (start, end), (other_start, other_end) = _get_span(one), _get_span(other)
    return min(end, other_end) > max(start, other_start)


def _overlap_by_number(base: Segments, track: Segments) -> bool:
    count = sum(map(_overlaps, base, track))
    return count >= OVERLAP_SHARE * len(base)


def find_row_at(rows: Sequence[Row], tracks: Sequence[Segments], time_ms: int) -> int:
    """Return the row that starts last of those before a time; 0 if none does."""
    found, latest = 0, -1
    for index, row in enumerate(rows):
        start = row.first(tracks).start_ms
        if start is not None and latest < start <= time_ms:
            found, latest = index, start
    return found


def find_row_of(rows: Sequence[Row], track: int, line: int) -> int:
    """Return the row that contains a line of a track; 0 if none does."""
    return next((index for index, row in enumerate(rows) if line in row.cells[track]), 0)
