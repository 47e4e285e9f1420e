"""Times at which lines are shown, where those of the file are unusable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dubbing_core.timeline.tracks import Segment

SHOWN_MS = 2000
"""Of a line without a usable end, if no other line follows."""


def resolve_times(segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each line.

    What is missing or backwards is derived from the lines around it.
    """
    previous = 0
    for index, segment in enumerate(segments):
        start = segment.start_ms if segment.start_ms is not None else previous
        end = segment.end_ms
        if end is None or end <= start:
            end = _derive_end(segments, index, start)
        yield start, end
        previous = end


def repair_ends(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Yield each line, with another end if its own is not after its start.

    Times that are missing stay so. A line that ends before it starts is shown nowhere: it gets the end that `resolve_times` derives.
    """
    for index, segment in enumerate(segments):
        start, end = segment.start_ms, segment.end_ms
        if start is None or end is None or end > start:
            yield segment
        else:
            yield segment._replace(end_ms=_derive_end(segments, index, start))


def find_last_end(segments: Sequence[Segment]) -> int:
    """Return the latest end of the lines; 0 if none has an end."""
    return max((segment.end_ms or 0 for segment in repair_ends(segments)), default=0)


def _derive_end(segments: Sequence[Segment], index: int, start: int) -> int:
    following = segments[index + 1].start_ms if index + 1 < len(segments) else None
    return following if following is not None and following > start else start + SHOWN_MS
