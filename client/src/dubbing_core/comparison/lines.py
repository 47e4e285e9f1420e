"""Lines of dialog that differ between two texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dubbing_core.comparison.gaps import CELL_LIMIT, Group, align_gap
from dubbing_core.comparison.matching import match_equal
from dubbing_core.enums import StrEnum
from dubbing_core.sentences import join, plural, plural_forms, sentence
from dubbing_core.timeline.text_digests import normalize_line
from dubbing_core.timeline.tracks import Segment, Track

LINE_LIMIT = 20_000
"""Lines of each text that are compared."""
TOTAL_CELL_LIMIT = 50_000
"""Pairs of lines without equal words that are compared in a text; it takes a second."""
TOLERANCE_MS = 1
"""Formats round times differently."""


class TooManyLinesError(Exception):
    """A text has more lines than are compared."""


class LineKind(StrEnum):
    """What happened to a line of dialog."""

    CHANGED = "changed"
    """Other words."""
    RETIMED = "retimed"
    """The same words at another time."""
    SPEAKER = "speaker"
    """The same words of another speaker, at the same time."""
    SPLIT = "split"
    """One line became several."""
    MERGED = "merged"
    """Several lines became one."""
    NEW = "new"
    REMOVED = "removed"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    LineKind.CHANGED: sentence("Changed"),
    LineKind.RETIMED: sentence("Retimed"),
    LineKind.SPEAKER: sentence("Other speaker"),
    LineKind.SPLIT: sentence("Split"),
    LineKind.MERGED: sentence("Merged"),
    LineKind.NEW: sentence("New"),
    LineKind.REMOVED: sentence("Removed"),
}
LINES = {
    LineKind.CHANGED: plural_forms("%(count)s line changed", "%(count)s lines changed"),
    LineKind.RETIMED: plural_forms("%(count)s line retimed", "%(count)s lines retimed"),
    LineKind.SPEAKER: plural_forms("%(count)s line of another speaker", "%(count)s lines of another speaker"),
    LineKind.SPLIT: plural_forms("%(count)s line split", "%(count)s lines split"),
    LineKind.MERGED: plural_forms("%(count)s line merged", "%(count)s lines merged"),
    LineKind.NEW: plural_forms("%(count)s line added", "%(count)s lines added"),
    LineKind.REMOVED: plural_forms("%(count)s line removed", "%(count)s lines removed"),
}
COUNTS = {
    LineKind.CHANGED: plural_forms("%(count)s changed", "%(count)s changed"),
    LineKind.RETIMED: plural_forms("%(count)s retimed", "%(count)s retimed"),
    LineKind.SPEAKER: plural_forms("%(count)s of another speaker", "%(count)s of another speaker"),
    LineKind.SPLIT: plural_forms("%(count)s split", "%(count)s split"),
    LineKind.MERGED: plural_forms("%(count)s merged", "%(count)s merged"),
    LineKind.NEW: plural_forms("%(count)s added", "%(count)s added"),
    LineKind.REMOVED: plural_forms("%(count)s removed", "%(count)s removed"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class LineDifference:
    """Lines that differ between two texts."""

    kind: LineKind
    before: tuple[Segment, ...]
    after: tuple[Segment, ...]
    before_number: int
    """Position of the first line in the older text, counted from 1; of new lines that of the line before them."""
    after_number: int
    is_retimed: bool
    has_other_speaker: bool

    @property
    def shift_ms(self) -> int | None:
        """By how much a retimed line was moved; None if its length changed, too."""
        if self.kind is not LineKind.RETIMED:
            return None
        (old,), (new,) = self.before, self.after
        if None in (old.start_ms, new.start_ms, old.end_ms, new.end_ms):
            return None
        shift: int = new.start_ms - old.start_ms  # type: ignore[operator]  # checked above
        return shift if abs(new.end_ms - old.end_ms - shift) <= TOLERANCE_MS else None  # type: ignore[operator]  # as above


@dataclass(frozen=True, kw_only=True)
class LineComparison:
    """What leads from one text to another one."""

    differences: Sequence[LineDifference]
    """In the order of the newer text."""
    unchanged: int
    """Number of lines that are the same."""

    @property
    def counts(self) -> Mapping[LineKind, int]:
        """Number of differences of each kind that occurs."""
        found = Counter(difference.kind for difference in self.differences)
        return {kind: found[kind] for kind in LineKind if found[kind]}

    @property
    def words(self) -> str:
        """The differences in a line, such as `3 lines changed, 12 retimed`."""
        counts = self.counts
        if not counts:
            return sentence("The lines are the same")
        first, *rest = counts
        parts = [plural(*LINES[first], count=counts[first])]
        return join([*parts, *(plural(*COUNTS[kind], count=counts[kind]) for kind in rest)], ", ")


@dataclass(frozen=True, kw_only=True)
class TrackComparison:
    """The lines of one track of a file."""

    kind: str
    """A `TrackKind`."""
    language: str
    """A BCP 47 tag, or ""."""
    lines: LineComparison


def compare_tracks(before: Sequence[Track], after: Sequence[Track]) -> list[TrackComparison]:
    """Compare the tracks of two states of a file.

    Those of the same kind and language belong together, or the only ones.

    :raises TooManyLinesError: a track has more than `LINE_LIMIT` lines.
    """
    if len(before) == len(after) == 1:
        pairs = {_get_key(after[0]): (before[0].segments, after[0].segments)}
    else:
        old, new = ({_get_key(track): track.segments for track in tracks} for tracks in (before, after))
        pairs = {key: (old.get(key, ()), new.get(key, ())) for key in dict.fromkeys((*new, *old))}
    return [
        TrackComparison(kind=kind, language=language, lines=compare_lines(*segments))
        for (kind, language), segments in pairs.items()
    ]


def _get_key(track: Track) -> tuple[str, str]:
    return track.kind.value, track.language


def compare_lines(before: Sequence[Segment], after: Sequence[Segment]) -> LineComparison:
    """Compare two texts line by line.

    Lines with the same words belong together, then lines with similar words or at the same time.

    :raises TooManyLinesError: one has more than `LINE_LIMIT` lines.
    """
    if max(len(before), len(after)) > LINE_LIMIT:
        raise TooManyLinesError
    old, new = ([normalize_line(segment.text) for segment in segments] for segments in (before, after))
    differences: list[LineDifference] = []
    unchanged = 0
    for group in _align(before, after, old, new):
        difference = _compare_group(before, after, old, new, group)
        if difference is None:
            unchanged += 1
        else:
            differences.append(difference)
    return LineComparison(differences=differences, unchanged=unchanged)


def _align(
    before: Sequence[Segment], after: Sequence[Segment], old: Sequence[str], new: Sequence[str]
) -> Iterator[Group]:
    """Yield groups of lines that belong together, in the order of both texts."""
    low1 = low2 = cells = 0
    for high1, high2 in [*match_equal(old, new), (len(old), len(new))]:
        if low1 < high1 or low2 < high2:
            cells += (high1 - low1) * (high2 - low2)
            limit = CELL_LIMIT if cells <= TOTAL_CELL_LIMIT else 0
            yield from align_gap(before, after, (low1, high1, low2, high2), cell_limit=limit)
        if high1 < len(old) and high2 < len(new):
            yield Group(high1, high1 + 1, high2, high2 + 1)
        low1, low2 = high1 + 1, high2 + 1


def _compare_group(
    before: Sequence[Segment], after: Sequence[Segment], old: Sequence[str], new: Sequence[str], group: Group
) -> LineDifference | None:
    """Return the difference within a group; None if its lines are the same."""
    first, second = before[group.start1 : group.end1], after[group.start2 : group.end2]
    is_pair = len(first) == len(second) == 1
    is_retimed = bool(first and second) and _is_retimed(first, second)
    has_other_speaker = is_pair and first[0].speaker != second[0].speaker
    if not first:
        kind = LineKind.NEW
    elif not second:
        kind = LineKind.REMOVED
    elif not is_pair:
        kind = LineKind.SPLIT if len(first) == 1 else LineKind.MERGED
    elif old[group.start1] != new[group.start2]:
        kind = LineKind.CHANGED
    elif is_retimed or has_other_speaker:
        kind = LineKind.RETIMED if is_retimed else LineKind.SPEAKER
    else:
        return None
    return LineDifference(
        kind=kind,
        before=tuple(first),
        after=tuple(second),
        before_number=group.start1 + bool(first),
        after_number=group.start2 + bool(second),
        is_retimed=is_retimed,
        has_other_speaker=has_other_speaker,
    )


def _is_retimed(first: Sequence[Segment], second: Sequence[Segment]) -> bool:
    return _differs(first[0].start_ms, second[0].start_ms) or _differs(first[-1].end_ms, second[-1].end_ms)


def _differs(first: int | None, second: int | None) -> bool:
    return first is not None and second is not None and abs(first - second) > TOLERANCE_MS
