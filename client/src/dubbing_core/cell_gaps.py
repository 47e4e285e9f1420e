"""Gaps of a cell: lines without audio or with too much, videos that are short."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dubbing_core.media_facts import CLOCK_FROM_MS, format_duration
from dubbing_core.sentences import join, plural, sentence
from dubbing_core.stale_results import name_first

MINUTE_MS = 60_000
SHORTER_MS, SHORTER_SHARE = 1_000, 0.02
"""A video is shorter than its source if it is by more than both: encoders cut the last frames."""


@dataclass(frozen=True, kw_only=True)
class LineCounts:
    """Lines of a language's text that have audio of their own."""

    total: int
    voiced: int
    gaps: tuple[int, ...] = ()
    """Numbers of the first lines without audio."""
    unvoiced_speakers: tuple[str, ...] = ()
    """The first speakers without an assigned voice, where voices are assigned to speakers."""
    too_long: tuple[int, ...] = ()
    """Numbers of the first lines whose audio is longer than they are."""
    too_long_count: int = 0

    @property
    def has_gaps(self) -> bool:
        """Whether anything is missing or does not fit."""
        return self.voiced < self.total or bool(self.unvoiced_speakers or self.too_long)

    @property
    def summary(self) -> str:
        """The counts and gaps in a clause.

        Such as ``41 of 48 lines voiced, without 12, 19, 20 and 4 more``.
        """
        words = []
        counts = {"voiced": self.voiced, "total": self.total}
        if self.gaps and self.total:
            gaps = name_first(self.gaps, self.total - self.voiced)
            words.append(
                sentence("%(voiced)s of %(total)s lines voiced, without %(gaps)s", **counts, gaps=gaps)
            )
        elif self.total:
            words.append(sentence("%(voiced)s of %(total)s lines voiced", **counts))
        if self.too_long:
            lines = name_first(self.too_long, self.too_long_count)
            count = self.too_long_count
            words.append(
                plural(
                    "audio longer than line %(lines)s",
                    "audio longer than lines %(lines)s",
                    count=count,
                    lines=lines,
                )
            )
        if self.unvoiced_speakers:
            speakers = name_first(self.unvoiced_speakers, len(self.unvoiced_speakers))
            words.append(sentence("no voice for %(speakers)s", speakers=speakers))
        return join(words, "; ") if words else ""


@dataclass(frozen=True, kw_only=True)
class ShortVideo:
    """A video that ends before its source does."""

    duration_ms: int
    source_ms: int

    @property
    def summary(self) -> str:
        """The difference in a clause: ``13 s shorter than the source (1:57 of 2:10)``."""
        missing_ms = self.source_ms - self.duration_ms
        missing = (
            f"{missing_ms / 1000:.0f} s"
            if CLOCK_FROM_MS <= missing_ms < MINUTE_MS
            else format_duration(missing_ms)
        )
        return sentence(
            "%(missing)s shorter than the source (%(length)s of %(source)s)",
            missing=missing,
            length=format_duration(self.duration_ms),
            source=format_duration(self.source_ms),
        )


def find_short_video(
    paths: Collection[str], durations: Mapping[str, int], source_ms: int | None
) -> ShortVideo | None:
    """Return how much shorter than its source the longest of some videos is, if it is."""
    lengths = [durations[path] for path in paths if path in durations]
    if source_ms is None or not lengths or len(lengths) < len(paths):
        return None
    missing = source_ms - max(lengths)
    if missing <= max(SHORTER_MS, SHORTER_SHARE * source_ms):
        return None
    return ShortVideo(duration_ms=max(lengths), source_ms=source_ms)
