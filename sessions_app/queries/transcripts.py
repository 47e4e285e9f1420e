"""Transcript: the chosen tracks side by side, filtered, a page at a time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dubbing_core.languages import fold_language_tag
from dubbing_core.search.folding import fold_text
from dubbing_core.timeline.alignment import Row, align_tracks, find_row_at, find_row_of
from dubbing_core.timeline.catalog import CatalogTrack, TrackUse
from dubbing_core.timeline.clock import parse_clock
from dubbing_core.timeline.line_audio import match_line_audio
from dubbing_core.timeline.line_times import repair_ends
from dubbing_core.timeline.tracks import Segment
from sessions_app.queries.keyset import KeysetPage
from sessions_app.queries.timelines import VersionTexts

ROWS_PER_PAGE = 100
COLUMNS_LIMIT = 6
TRANSLATIONS_SHOWN = 3
"""Where the reader chose none."""
SPEAKERS_SHOWN = 200
ROWS_BEFORE_TARGET = 3
LINES_MARKED = 100
"""Numbers that an address may contain."""
QUERY_LIMIT = 200
"""In characters, of a search."""


@dataclass(frozen=True, kw_only=True)
class TranscriptFilter:
    """What a reader chose, as in the address."""

    columns: tuple[str, ...] = ()
    """Keys of tracks; by default the source and the first translations."""
    speaker: str = ""
    text: str = ""
    silent: str = ""
    """Key of a translation, to show only its lines without audio."""
    after: int = 0
    """Number of the row before the page."""
    before: int = 0
    """Number of the row after the page."""
    is_last: bool = False
    time: str = ""
    """Clock time to jump to."""
    row: int = 0
    """Number of the row to jump to."""
    lines: tuple[int, ...] = ()
    """Numbers of lines to mark, in the track `of`; the first one is jumped to."""
    of: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str], shown: Sequence[str]) -> TranscriptFilter:
        """Read an address.

        :param shown: values of its parameter `show`, each one key or several, separated by commas.
        """
        return cls(
            columns=tuple(dict.fromkeys(key for value in shown for key in value.split(",") if key)),
            speaker=query.get("speaker", "")[:QUERY_LIMIT],
            text=query.get("q", "")[:QUERY_LIMIT].strip(),
            silent=query.get("silent", ""),
            after=_read_number(query.get("after", "")),
            before=_read_number(query.get("before", "")),
            is_last="last" in query,
            time=query.get("time", "")[:20].strip(),
            row=_read_number(query.get("row", "")),
            lines=_read_numbers(query.get("line", "")),
            of=query.get("of", ""),
        )


def _read_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0  # noqa: PLR2004 (digits)


def _read_numbers(text: str) -> tuple[int, ...]:
    numbers = map(_read_number, text.split(",")[:LINES_MARKED])
    return tuple(number for number in numbers if number)


@dataclass(frozen=True, kw_only=True)
class TranscriptCell:
    """The lines of one track in a row."""

    track: CatalogTrack
    segments: Sequence[Segment]
    is_silent: bool = False
    """Whether a line has no audio, where others of its language have."""

    @property
    def text(self) -> str:
        return "\n".join(segment.text for segment in self.segments)


@dataclass(frozen=True, kw_only=True)
class TranscriptRow:
    """Lines that are spoken at the same time."""

    number: int
    start_ms: int | None
    end_ms: int | None
    speaker: str
    cells: Sequence[TranscriptCell]
    is_target: bool = False
    """Whether the reader jumped to it, or it has one of the requested lines."""


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """A page of a transcript, with the choices that it offers."""

    columns: Sequence[CatalogTrack]
    page: KeysetPage[TranscriptRow]
    total: int
    """Rows that the filters leave."""
    speakers: Sequence[tuple[str, int]]
    """With their numbers of rows; the most frequent ones."""
    speaker_count: int
    silent_counts: Mapping[str, int] = field(default_factory=dict)
    """Lines without audio by key of a shown track, of those that have audio of single lines."""


def choose_columns(texts: VersionTexts, keys: Sequence[str]) -> list[CatalogTrack]:
    """Return the tracks to show.

    Those with the keys, or the source and the first translations.
    """
    by_key = {track.key: track for track in texts.tracks}
    chosen = [by_key[key] for key in keys if key in by_key]
    if not chosen:
        first = [track for track in texts.tracks if track.is_first]
        chosen = [track for track in first if track.use is TrackUse.SOURCE][:1]
        chosen += [track for track in first if track.use is TrackUse.TRANSLATION][:TRANSLATIONS_SHOWN]
    return (chosen or texts.tracks[:1])[:COLUMNS_LIMIT]


def get_transcript(
    texts: VersionTexts,
    chosen: TranscriptFilter,
    *,
    line_audio: Mapping[str, Sequence[str]],
    page_size: int = ROWS_PER_PAGE,
) -> Transcript:
    """Return a page of the chosen tracks.

    :param line_audio: from `list_line_audio`.
    """
    columns = choose_columns(texts, chosen.columns)
    tracks = [list(repair_ends(track.segments)) for track in texts.load(columns)]
    reading = _Reading(columns, tracks, line_audio)
    found = reading.filter(chosen)
    targets = reading.find_targets(chosen)
    shown, previous, following = _cut(found, chosen, targets[0] if targets else None, page_size)
    speakers = reading.count_speakers()
    return Transcript(
        columns=columns,
        page=KeysetPage(
            items=[reading.build_row(index, is_target=index in targets) for index in shown],
            previous=previous,
            next=following,
        ),
        total=len(found),
        speakers=speakers.most_common(SPEAKERS_SHOWN),
        speaker_count=len(speakers),
        silent_counts={columns[at].key: len(gaps) for at, gaps in reading.gaps.items()},
    )


class _Reading:
    """The aligned rows of some tracks."""

    def __init__(
        self,
        columns: Sequence[CatalogTrack],
        tracks: Sequence[Sequence[Segment]],
        line_audio: Mapping[str, Sequence[str]],
    ) -> None:
        self.columns = columns
        self.tracks = tracks
        self.rows: list[Row] = align_tracks(tracks)
        self.gaps: dict[int, set[int]] = {}
        """Lines without audio by column."""
        for at, track in enumerate(columns):
            paths = line_audio.get(fold_language_tag(track.language), ())
            if track.use is TrackUse.TRANSLATION and (matched := match_line_audio(paths, tracks[at])):
                self.gaps[at] = set(matched.gaps)

    def segments(self, row: Row, at: int) -> list[Segment]:
        return [self.tracks[at][line] for line in row.cells[at]]

    def find_speaker(self, row: Row) -> str:
        """Return the speaker of a row's first line that states one."""
        lines = (self.tracks[at][line] for at, cell in enumerate(row.cells) for line in cell)
        return next((segment.speaker for segment in lines if segment.speaker), "")

    def count_speakers(self) -> Counter[str]:
        counts = Counter(self.find_speaker(row) for row in self.rows)
        counts.pop("", None)
        return counts

    def filter(self, chosen: TranscriptFilter) -> list[int]:
        """Return the indexes of the rows that the filters leave."""
        requested = fold_text(chosen.text)
        silent = next((at for at, track in enumerate(self.columns) if track.key == chosen.silent), None)
        gaps = self.gaps.get(silent) if silent is not None else None
        return [
            index
            for index, row in enumerate(self.rows)
            if (not chosen.speaker or self.find_speaker(row) == chosen.speaker)
            and (not requested or self._contains(row, requested))
            and (gaps is None or silent is None or not gaps.isdisjoint(row.cells[silent]))
        ]

    def _contains(self, row: Row, requested: str) -> bool:
        return any(
            requested in fold_text(self.tracks[at][line].text)
            for at, cell in enumerate(row.cells)
            for line in cell
        )

    def find_targets(self, chosen: TranscriptFilter) -> list[int]:
        """Return the indexes of the rows to mark; the reader jumps to the first one."""
        if not self.rows:
            return []
        if chosen.row:
            return [min(chosen.row, len(self.rows)) - 1]
        if chosen.lines:
            keys = [track.key for track in self.columns]
            at = keys.index(chosen.of) if chosen.of in keys else 0
            return [find_row_of(self.rows, at, line - 1) for line in chosen.lines]
        time = parse_clock(chosen.time) if chosen.time else None
        return [] if time is None else [find_row_at(self.rows, self.tracks, time)]

    def build_row(self, index: int, *, is_target: bool) -> TranscriptRow:
        row = self.rows[index]
        first = row.first(self.tracks)
        return TranscriptRow(
            number=index + 1,
            start_ms=first.start_ms,
            end_ms=first.end_ms,
            speaker=self.find_speaker(row),
            cells=[
                TranscriptCell(
                    track=track,
                    segments=self.segments(row, at),
                    is_silent=not self.gaps.get(at, set()).isdisjoint(row.cells[at]),
                )
                for at, track in enumerate(self.columns)
            ],
            is_target=is_target,
        )


def _cut(
    found: Sequence[int], chosen: TranscriptFilter, target: int | None, size: int
) -> tuple[Sequence[int], str | None, str | None]:
    """Return the rows of a page.

    With the numbers of its first and last one, where others precede and follow.
    """
    if chosen.is_last:
        start = max(len(found) - size, 0)
    elif chosen.before:
        start = max(bisect_left(found, chosen.before - 1) - size, 0)
    elif chosen.after:
        start = bisect_right(found, chosen.after - 1)
        start = start if start < len(found) else max(len(found) - size, 0)
    else:
        at = bisect_left(found, target) if target is not None else 0
        start = max(min(at, len(found) - 1) - ROWS_BEFORE_TARGET, 0)
    shown = found[start : start + size]
    if not shown:
        return shown, None, None
    return (
        shown,
        str(shown[0] + 1) if start else None,
        str(shown[-1] + 1) if start + size < len(found) else None,
    )
