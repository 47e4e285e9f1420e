"""Comparison of two versions of a session."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext
from ninja import Query
from pydantic import BaseModel

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeKind
from dubbing_core.comparison.documents import ValueDifference
from dubbing_core.comparison.files import FileDifference, Grouping
from dubbing_core.comparison.lines import LineDifference, LineKind
from dubbing_core.comparison.progress import ProgressDifference
from dubbing_core.progress_matrix import Cell, CellState
from dubbing_core.steps import Step
from dubbing_core.timeline.tracks import Segment
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint
from sessions_app.api.media import Media
from sessions_app.api.pagination import Cursor, Page, bad_cursor
from sessions_app.api.problems import not_found
from sessions_app.api.versions import ChangeGroup, router
from sessions_app.http.lookups import get_version_or_404
from sessions_app.queries.comparisons import compare_versions, get_difference_page
from sessions_app.queries.keyset import CursorError
from sessions_app.queries.text_comparisons import TextComparison, compare_texts, find_text
from sessions_app.translation import localize, localize_stored

MAX_NUMBER = 2**31 - 1
FileLimit = Annotated[int, Query(200, ge=1, le=5000, description="Maximum number of files.")]
"""More than in other lists: each page compares the versions again."""


class Relabeling(BaseModel):
    name: str
    """`category`, `language`, `role`, `label` (who set it) or `executable`."""
    before: str
    after: str


class MediaChange(BaseModel):
    name: str
    """`duration`, `video`, `frame rate`, `audio`, `flaw` or `unreadable`."""
    before: str
    after: str


class FileChange(BaseModel):
    """A file that differs between two versions."""

    path: str
    previous_path: str | None
    """Of moved files."""
    kind: ChangeKind
    """`moved`: the same bytes at another path."""
    category: Category
    language: str
    size: int
    """In bytes; of removed files before."""
    previous_size: int | None
    """In bytes; null for new files."""
    sha256: str
    previous_sha256: str | None
    relabeling: list[Relabeling]
    """What else differs."""
    media: Media | None
    """Of audio and video, as far as it is known; null of removed files."""
    previous_media: Media | None
    """Null of new files."""
    media_changes: list[MediaChange]
    """What differs between both."""

    @classmethod
    def of(cls, difference: FileDifference) -> FileChange:
        shown, before = difference.shown, difference.before
        return cls(
            path=shown.path,
            previous_path=difference.previous_path or None,
            kind=difference.kind,
            category=shown.category,
            language=shown.language,
            size=shown.size,
            previous_size=difference.previous_size,
            sha256=shown.sha256,
            previous_sha256=before.sha256 if before else None,
            relabeling=[
                Relabeling(name=name, before=old, after=new) for name, old, new in difference.relabeling
            ],
            media=Media.of(difference.media_after) if difference.media_after else None,
            previous_media=Media.of(difference.media_before) if difference.media_before else None,
            media_changes=[
                MediaChange(name=name, before=old, after=new) for name, old, new in difference.media_changes
            ],
        )


class CellStateAndReason(BaseModel):
    state: CellState
    stale: str | None
    """Why results must be made again, in a clause."""

    @classmethod
    def of(cls, cell: Cell) -> CellStateAndReason:
        return cls(state=cell.state, stale=localize(cell.stale.reason) if cell.stale else None)


class CellChange(BaseModel):
    """A step of a language that is in another state."""

    language: str
    """Empty for the transcription, and for files in an unknown language."""
    step: Step
    before: CellStateAndReason
    after: CellStateAndReason


class ProgressChange(BaseModel):
    added_languages: list[str]
    removed_languages: list[str]
    cells: list[CellChange]

    @classmethod
    def of(cls, progress: ProgressDifference) -> ProgressChange:
        cells = [
            CellChange(
                language=cell.language,
                step=cell.step,
                before=CellStateAndReason.of(cell.before),
                after=CellStateAndReason.of(cell.after),
            )
            for cell in progress.cells
        ]
        return cls(
            added_languages=list(progress.added_languages),
            removed_languages=list(progress.removed_languages),
            cells=cells,
        )


class ValueChange(BaseModel):
    """A value of the metadata that differs."""

    key: list[str]
    """Names of the nested keys."""
    kind: ChangeKind
    before: Any
    after: Any

    @classmethod
    def of(cls, value: ValueDifference) -> ValueChange:
        return cls(key=list(value.key), kind=value.kind, before=value.before, after=value.after)


class Diff(BaseModel):
    """What leads from one version to another one."""

    from_version: int
    to_version: int
    summary: str
    """The differences of files in a line."""
    counts: dict[ChangeKind, ChangeGroup]
    """The same by kind, without kinds that do not occur."""
    progress: ProgressChange | None
    """Null if one of the versions was saved before progress by language was stored."""
    metadata: list[ValueChange]
    """Without timestamps and what follows from the files."""
    files: Page[FileChange]


@router.get(
    "/sessions/{uuid:code}/versions/{int:number}/diff",
    **read_endpoint(
        Diff,
        operation_id="diff_versions",
        summary="Compare a version with any other one",
        description=(
            "Files by path, metadata by key, progress by language. `from` may be the newer one of the two. The pages of `files`"
            " repeat the rest; two versions never change."
        ),
    ),
)
def diff_versions(
    request: ApiRequest,
    *,
    code: UUID,
    number: int,
    from_: Annotated[
        int,
        Query(..., alias="from", ge=1, le=MAX_NUMBER, description="Number of the version to compare with."),
    ],
    kind: Annotated[ChangeKind | None, Query(None)],
    q: Annotated[str, Query("", max_length=200, description="Words of the path.")],
    limit: FileLimit,
    cursor: Cursor,
) -> Diff:
    after = get_version_or_404(request.auth.user, code, number)
    before = get_version_or_404(request.auth.user, code, from_)
    comparison = compare_versions(before, after)
    try:
        page = get_difference_page(
            comparison, grouping=Grouping.FOLDER, kind=kind or "", text=q, cursor=cursor, size=limit
        )
    except CursorError:
        raise bad_cursor() from None
    return Diff(
        from_version=from_,
        to_version=number,
        summary=localize(comparison.summary.words),
        counts={kind: ChangeGroup.of(group) for kind, group in comparison.summary.groups.items()},
        progress=ProgressChange.of(comparison.progress) if comparison.progress is not None else None,
        metadata=[ValueChange.of(value) for value in comparison.values],
        files=Page(items=[FileChange.of(each) for each in page.items], next=page.next),
    )


class Line(BaseModel):
    """A line of dialog."""

    start_ms: int | None
    end_ms: int | None
    speaker: str
    text: str

    @classmethod
    def of(cls, segment: Segment) -> Line:
        return cls(
            start_ms=segment.start_ms, end_ms=segment.end_ms, speaker=segment.speaker, text=segment.text
        )


class LineChange(BaseModel):
    """Lines that differ.

    One on each side, or several where one was split or several merged.
    """

    kind: LineKind
    number: int
    """Of the first line in the newer text, counted from 1; of a removed line that of the line before it."""
    previous_number: int
    """The same in the older text."""
    before: list[Line]
    after: list[Line]
    is_retimed: bool
    shift_ms: int | None
    """By how much a retimed line was moved; null if its length changed, too."""

    @classmethod
    def of(cls, difference: LineDifference) -> LineChange:
        return cls(
            kind=difference.kind,
            number=difference.after_number,
            previous_number=difference.before_number,
            before=[Line.of(line) for line in difference.before],
            after=[Line.of(line) for line in difference.after],
            is_retimed=difference.is_retimed,
            shift_ms=difference.shift_ms,
        )


class TrackDiff(BaseModel):
    """The lines of one text of a file."""

    kind: str
    """`text`, `transcript` or `translation`, as the file states."""
    language: str
    """As the file states, or empty."""
    summary: str
    unchanged: int
    lines: list[LineChange]
    """Those that differ."""


class TextDiff(BaseModel):
    path: str
    tracks: list[TrackDiff]
    reason: str
    """Why the lines cannot be compared; empty if they are."""

    @classmethod
    def of(cls, comparison: TextComparison) -> TextDiff:
        tracks = [
            TrackDiff(
                kind=track.kind,
                language=track.language,
                summary=localize(track.lines.words),
                unchanged=track.lines.unchanged,
                lines=[LineChange.of(difference) for difference in track.lines.differences],
            )
            for track in comparison.tracks
        ]
        return cls(path=comparison.path, tracks=tracks, reason=localize_stored(localize(comparison.reason)))


@router.get(
    "/sessions/{uuid:code}/versions/{int:number}/diff/lines",
    **read_endpoint(
        TextDiff,
        operation_id="diff_lines",
        summary="Compare a subtitle or transcript file with the same file in another version, line by line",
    ),
)
def diff_lines(
    request: ApiRequest,
    *,
    code: UUID,
    number: int,
    from_: Annotated[
        int,
        Query(..., alias="from", ge=1, le=MAX_NUMBER, description="Number of the version to compare with."),
    ],
    path: Annotated[str, Query(..., max_length=4096)],
) -> TextDiff:
    after = find_text(get_version_or_404(request.auth.user, code, number), path)
    before = find_text(get_version_or_404(request.auth.user, code, from_), path)
    if before is None or after is None:
        raise not_found(
            gettext("Versions %(from)s and %(number)s do not both have a text “%(path)s”.")
            % {"from": from_, "number": number, "path": path}
        )
    return TextDiff.of(compare_texts(before, after))
