"""Audio of single lines: which lines have a file, by the files' names."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dubbing_core.timeline.tracks import Segment

NUMBER = re.compile(r"(?:^|[^0-9.])(\d{1,6})(?![0-9]|\.[0-9])")
SECONDS = re.compile(r"(?:^|[_-])(\d{1,6}\.\d{1,6})(?=$|[_-])")
TOLERANCE_MS = 60
"""Between a time in a name and the start of its line: tools round both."""


@dataclass(frozen=True, kw_only=True)
class LineAudio:
    """Lines that have audio."""

    lines: int
    """Number of lines of the track."""
    voiced: frozenset[int]
    """Indexes of the lines with a file."""

    @property
    def gaps(self) -> list[int]:
        """Indexes of the lines without one."""
        return [index for index in range(self.lines) if index not in self.voiced]


def match_line_audio(paths: Collection[str], segments: Sequence[Segment]) -> LineAudio | None:
    """Return which lines the files voice; None if their names do not state it.

    Names have the start of a line in seconds (``dubbed_chunk_1.5_3.2.mp3``), or its number, counted from 0 or 1
    (``0001.wav``, ``12-Hello.wav``, ``5_0.wav``, where the second number counts parts of a line).
    """
    stems = [path.rpartition("/")[2].rpartition(".")[0] for path in paths]
    if not stems or not segments:
        return None
    voiced = _match_times(stems, segments) or _match_numbers(stems, len(segments))
    return None if voiced is None else LineAudio(lines=len(segments), voiced=voiced)


def _match_times(stems: Sequence[str], segments: Sequence[Segment]) -> frozenset[int] | None:
    times = [round(float(match[1]) * 1000) for stem in stems if (match := SECONDS.search(stem))]
    if len(times) < len(stems):
        return None
    starts = sorted(
        (segment.start_ms, index) for index, segment in enumerate(segments) if segment.start_ms is not None
    )
    found = set()
    for time in times:
        at = bisect_left(starts, (time - TOLERANCE_MS, -1))
        if at < len(starts) and abs(starts[at][0] - time) <= TOLERANCE_MS:
            found.add(starts[at][1])
    return frozenset(found) or None


def _match_numbers(stems: Sequence[str], lines: int) -> frozenset[int] | None:
    numbers = [int(match[1]) for stem in stems if (match := NUMBER.search(stem))]
    if len(numbers) < len(stems):
        return None
    first = 0 if 0 in numbers else 1
    found = frozenset(number - first for number in numbers)
    return found if max(found) < lines else None
