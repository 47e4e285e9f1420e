"""Differences of lines as rows of a page: those of one shift are one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dubbing_core.comparison.lines import LineDifference, LineKind
from dubbing_core.comparison.words import mark_words
from dubbing_core.text_part import TextPart
from dubbing_core.timeline.tracks import Segment

MIN_RUN = 3
"""Lines of the same shift, from which on they are one row."""
SPEAKERS_SEPARATOR = ", "


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """One difference, or several lines that were moved by the same time."""

    kind: LineKind
    numbers: str
    """Of the lines, in the newer text if they are in it: `7` or `7-12`."""
    before: Sequence[Segment]
    after: Sequence[Segment]
    shift_ms: int | None
    count: int
    """Number of lines."""

    @property
    def is_run(self) -> bool:
        return self.kind is LineKind.RETIMED and self.count > 1

    @property
    def is_retimed(self) -> bool:
        """Whether times differ, so that both are shown."""
        if not self.before or not self.after:
            return False
        old, new = self.before, self.after
        return (old[0].start_ms, old[-1].end_ms) != (new[0].start_ms, new[-1].end_ms)

    @property
    def speakers(self) -> tuple[str, str]:
        """Speakers before and after."""
        old, new = (
            SPEAKERS_SEPARATOR.join(dict.fromkeys(filter(None, (line.speaker for line in lines))))
            for lines in (self.before, self.after)
        )
        return old, new

    def mark(self) -> tuple[list[TextPart], list[TextPart]]:
        """Return the texts before and after, with the words that differ marked."""
        old, new = ("\n".join(line.text for line in lines) for lines in (self.before, self.after))
        if self.kind in {LineKind.NEW, LineKind.REMOVED, LineKind.RETIMED, LineKind.SPEAKER}:
            return [TextPart(old, is_marked=False)], [TextPart(new, is_marked=False)]
        return mark_words(old, new)


def build_rows(differences: Sequence[LineDifference]) -> list[LineRow]:
    """Return the rows of differences, in their order."""
    rows: list[LineRow] = []
    for shift, group in groupby(differences, key=_get_run_key):
        lines = list(group)
        if shift is not None and len(lines) >= MIN_RUN:
            rows.append(_build_row(lines, shift))
        else:
            rows += [_build_row([line], line.shift_ms) for line in lines]
    return rows


def _get_run_key(difference: LineDifference) -> int | None:
    """Return the shift of a line that is only retimed; None for others."""
    return None if difference.has_other_speaker else difference.shift_ms


def _build_row(differences: Sequence[LineDifference], shift_ms: int | None) -> LineRow:
    first, last = differences[0], differences[-1]
    begin = first.after_number if first.after else first.before_number
    count = max(len(first.after), len(first.before)) if len(differences) == 1 else len(differences)
    length = len(first.after or first.before) if len(differences) == 1 else count
    return LineRow(
        kind=first.kind,
        numbers=f"{begin}" if length == 1 else f"{begin}–{begin + length - 1}",
        before=(*first.before, *last.before) if first is not last else first.before,
        after=(*first.after, *last.after) if first is not last else first.after,
        shift_ms=shift_ms,
        count=count,
    )
