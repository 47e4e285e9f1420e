"""Audio of single lines: which lines have a file, by the files' names."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dubbing_core.timeline.tracks import Segment

NUMBER = re.compile(r"(?:^|[^0-9.])(\d{1,6})(?![0-9]|\.[0-9])")
SECONDS = re.compile(r"(?:^|[_-])(\d{1,6}\.\d{1,6})(?=$|[_-])")
TOLERANCE_MS = 60
"""Between a time in a name and the start of its line: tools round both."""
PART = re.compile(r"_\d{1,4}(?!\d)")
"""After the number of a line: that of a part of it."""


@dataclass(frozen=True, kw_only=True)
class LineAudio:
    """Lines that have audio."""

    lines: int
    """Number of lines of the track."""
    files: Mapping[str, int]
    """Path -> index of its line, of the files that have one."""
    is_by_time: bool
    """Whether the names have times of lines, not numbers."""

    @property
    def voiced(self) -> frozenset[int]:
        """Indexes of the lines with a file."""
        return frozenset(self.files.values())

    @property
    def gaps(self) -> list[int]:
        """Indexes of the lines without one."""
        voiced = self.voiced
        return [index for index in range(self.lines) if index not in voiced]

    def locate(self, paths: Collection[str], segments: Sequence[Segment]) -> dict[str, int]:
        """Return the lines that some of the files have in another text, by path."""
        if self.is_by_time:
            return _match_times(paths, segments) or {}
        return {path: self.files[path] for path in paths if self.files[path] < len(segments)}

    def get_durations(self, durations: Mapping[str, int]) -> dict[int, int]:
        """Return the milliseconds of each line's audio, by index.

        That of several variants of a line is the shortest one, such as the one that was fitted.

        :param durations: of files, by path; variants with files of unknown duration are left out.
        """
        variants: dict[tuple[int, str], list[int | None]] = {}
        for path, index in self.files.items():
            variant = path if self.is_by_time else _get_variant(path)
            variants.setdefault((index, variant), []).append(durations.get(path))
        found: dict[int, int] = {}
        for (index, _), parts in variants.items():
            known = [part for part in parts if part is not None]
            if len(known) == len(parts):
                found[index] = min(sum(known), found.get(index, sum(known)))
        return found


def match_line_audio(paths: Collection[str], segments: Sequence[Segment]) -> LineAudio | None:
    """Return which lines the files voice; None if their names do not state it.

    Names have the start of a line in seconds (``dubbed_chunk_1.5_3.2.mp3``), or its number, counted from 0 or 1
    (``0001.wav``, ``12-Hello.wav``, ``5_0.wav``, where the second number counts parts of a line).
    """
    if not paths or not segments:
        return None
    by_time = _match_times(paths, segments)
    files = by_time or _match_numbers(paths, len(segments))
    if files is None:
        return None
    return LineAudio(lines=len(segments), files=files, is_by_time=bool(by_time))


def _get_stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _match_times(paths: Collection[str], segments: Sequence[Segment]) -> dict[str, int] | None:
    times = {
        path: round(float(match[1]) * 1000) for path in paths if (match := SECONDS.search(_get_stem(path)))
    }
    if len(times) < len(paths):
        return None
    starts = sorted(
        (segment.start_ms, index) for index, segment in enumerate(segments) if segment.start_ms is not None
    )
    found = {}
    for path, time in times.items():
        at = bisect_left(starts, (time - TOLERANCE_MS, -1))
        if at < len(starts) and abs(starts[at][0] - time) <= TOLERANCE_MS:
            found[path] = starts[at][1]
    return found or None


def _match_numbers(paths: Collection[str], lines: int) -> dict[str, int] | None:
    numbers = {path: int(match[1]) for path in paths if (match := NUMBER.search(_get_stem(path)))}
    if len(numbers) < len(paths):
        return None
    first = 0 if 0 in numbers.values() else 1
    if max(numbers.values()) - first >= lines:
        return None
    return {path: number - first for path, number in numbers.items()}


def _get_variant(path: str) -> str:
    """Return what the parts of a line have in common: the path without numbers.

    ``wavs/1_0.wav`` and ``wavs/1_1.wav`` are parts, ``wavs/1.wav`` and ``wavs/1_adjusted.wav`` variants.
    """
    folder, _, name = path.rpartition("/")
    match = NUMBER.search(name)
    if match is None:
        return path
    part = PART.match(name, match.end(1))
    return f"{folder}/{name[: match.start(1)]}/{name[part.end() if part else match.end(1) :]}"
