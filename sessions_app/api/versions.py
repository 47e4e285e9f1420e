"""Versions of a session and their entries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router
from pydantic import BaseModel

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeGroup as CoreChangeGroup, ChangeKind
from dubbing_core.labels import LabelAuthor
from dubbing_core.left_out import LeftOut as CoreLeftOut
from dubbing_core.progress import Stage
from dubbing_core.progress_matrix import (
    CellState,
    Input,
    LineCounts as CoreLineCounts,
    ProgressMatrix,
    Staleness,
)
from dubbing_core.steps import Step
from sessions_app import models
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint
from sessions_app.api.pagination import Cursor, Limit, Page, paginate
from sessions_app.api.sessions import Progress
from sessions_app.http.lookups import get_session_or_404, get_version_or_404
from sessions_app.queries.version_changes import ChangedFile, find_changes
from sessions_app.queries.versions import BY_PATH, NEWEST_FIRST, get_entries

router = Router()


class ChangeGroup(BaseModel):
    """Files that a version changed in one way."""

    count: int
    size: int
    """In bytes; of changed files in their new state."""
    paths: list[str]
    """The first ones, sorted."""

    @classmethod
    def of(cls, group: CoreChangeGroup) -> ChangeGroup:
        return cls(count=group.count, size=group.size, paths=list(group.paths))


class LeftOutFile(BaseModel):
    path: str
    """As it is shown, with escapes for what is not text."""
    code: str
    reason: str


class LeftOut(BaseModel):
    count: int
    files: list[LeftOutFile]
    """The first ones."""

    @classmethod
    def of(cls, left_out: CoreLeftOut) -> LeftOut:
        files = [LeftOutFile(path=file.path, code=file.code, reason=file.reason) for file in left_out.files]
        return cls(count=left_out.count, files=files)


class Stale(BaseModel):
    """Why results must be made again."""

    cause: Input
    """The input that changed, or is stale itself."""
    changed_in: int
    """Version that changed it."""
    made_in: int
    """Version of the oldest result."""
    files: int
    reason: str

    @classmethod
    def of(cls, stale: Staleness) -> Stale:
        return cls(
            cause=stale.cause,
            changed_in=stale.changed_in,
            made_in=stale.made_in,
            files=stale.files,
            reason=stale.reason,
        )


class LineCounts(BaseModel):
    """Lines of a language's text that have audio of their own."""

    total: int
    voiced: int
    gaps: list[int]
    """Numbers of the first lines without audio."""
    unvoiced_speakers: list[str]
    """The first speakers without an assigned voice, where voices are assigned to speakers."""

    @classmethod
    def of(cls, lines: CoreLineCounts) -> LineCounts:
        return cls(
            total=lines.total,
            voiced=lines.voiced,
            gaps=list(lines.gaps),
            unvoiced_speakers=list(lines.unvoiced_speakers),
        )


class ProgressCell(BaseModel):
    """Files of one step in one language."""

    language: str
    """Empty for the transcription, and for files in an unknown language."""
    step: Step
    state: CellState
    files: int
    empty_files: int
    stale: Stale | None
    lines: LineCounts | None
    """Null until the texts were read, and where the names of audio files state no lines."""


class ProgressByLanguage(BaseModel):
    languages: list[str]
    """Target languages."""
    finished: list[str]
    """Those with a video and without stale results."""
    cells: list[ProgressCell]
    """Those with files or texts; others are missing."""

    @classmethod
    def of(cls, matrix: ProgressMatrix) -> ProgressByLanguage:
        cells = [
            ProgressCell(
                language=language,
                step=step,
                state=cell.state,
                files=cell.files,
                empty_files=cell.empty_files,
                stale=Stale.of(cell.stale) if cell.stale else None,
                lines=LineCounts.of(cell.lines) if cell.lines else None,
            )
            for language, step in matrix.places
            if (cell := matrix.cell(language, step)).files or cell.has_results or cell.lines
        ]
        return cls(languages=list(matrix.languages), finished=matrix.finished_languages, cells=cells)


class Version(BaseModel):
    """A saved state of a session; immutable."""

    number: int
    created_at: datetime
    created_by: str
    """User name; empty if unknown."""
    message: str
    restored_from: int | None
    fingerprint: str
    file_count: int
    empty_file_count: int
    """Number of files without bytes."""
    left_out: LeftOut
    """Files of the saved folder that no session can represent."""
    total_size: int
    stored_size: int
    """Bytes that this version added to the session."""
    change_summary: str
    """What it changed in the version before it, in a line."""
    changes: dict[ChangeKind, ChangeGroup]
    """The same by kind of change, without kinds that do not occur."""
    video_name: str
    languages: list[str]
    stage: Stage
    progress: Progress
    progress_by_language: ProgressByLanguage | None
    """Null for versions saved before it was stored."""

    @classmethod
    def of(cls, version: models.Version) -> Version:
        summary = version.change_summary
        return cls(
            number=version.number,
            created_at=version.created_at,
            created_by=version.saved_by,
            message=version.message,
            restored_from=version.restored_from,
            fingerprint=version.fingerprint,
            file_count=version.file_count,
            empty_file_count=version.empty_file_count,
            left_out=LeftOut.of(version.left_out_files),
            total_size=version.total_size,
            stored_size=version.stored_size,
            change_summary=summary.words,
            changes={kind: ChangeGroup.of(group) for kind, group in summary.groups.items()},
            video_name=version.video_name,
            languages=version.languages,
            stage=Stage(version.stage),
            progress=Progress.of(version.progress),
            progress_by_language=ProgressByLanguage.of(matrix)
            if (matrix := version.progress_matrix)
            else None,
        )


class Change(BaseModel):
    """A file that a version changed."""

    path: str
    kind: ChangeKind
    category: Category
    language: str
    size: int
    """In bytes; of removed files before."""
    previous_size: int | None
    """In bytes; null for new files."""

    @classmethod
    def of(cls, row: ChangedFile) -> Change:
        return cls(
            path=row.path,
            kind=ChangeKind(row.kind),
            category=Category(row.category),
            language=row.language,
            size=row.size,
            previous_size=row.previous_size,
        )


class Entry(BaseModel):
    """A file of a version."""

    path: str
    """Path in the folder that was saved."""
    size: int
    sha256: str
    crc32: str
    category: Category
    language: str
    """A BCP 47 tag, or empty."""
    role: str
    """Use of the file within its category, or empty."""
    labeled_by: LabelAuthor
    """Whether a person has set category, language and role."""
    executable: bool
    mtime_ns: int | None
    """Last modification in nanoseconds since 1970; null if unknown."""
    added_in: int
    """Number of the version that added this content."""

    @classmethod
    def of(cls, entry: models.Entry) -> Entry:
        return cls(**cls.as_dict(entry))

    @staticmethod
    def as_dict(entry: models.Entry) -> dict[str, Any]:
        """Return the fields without validation, for manifests of many entries."""
        return {
            "path": entry.path,
            "size": entry.blob.size,
            "sha256": entry.blob.sha256,
            "crc32": f"{entry.blob.crc32:08x}",
            "category": entry.category,
            "language": entry.language,
            "role": entry.role,
            "labeled_by": entry.labeled_by,
            "executable": entry.is_executable,
            "mtime_ns": entry.mtime_ns,
            "added_in": entry.added_in,
        }


@router.get(
    "/sessions/{uuid:code}/versions",
    **read_endpoint(Page[Version], operation_id="list_versions", summary="List versions, newest first"),
)
def list_versions(request: ApiRequest, code: UUID, limit: Limit, cursor: Cursor) -> Page[Version]:
    session = get_session_or_404(request.auth.user, code)
    rows = (
        models.Version.objects.filter(session=session)
        .select_related("created_by")
        .defer("document", "texts", "input_history")
    )
    page, next_cursor = paginate(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)
    return Page(items=[Version.of(row) for row in page], next=next_cursor)


@router.get(
    "/sessions/{uuid:code}/versions/{int:number}",
    **read_endpoint(Version, operation_id="get_version", summary="Get a version"),
)
def get_version(request: ApiRequest, code: UUID, number: int) -> Version:
    return Version.of(get_version_or_404(request.auth.user, code, number))


@router.get(
    "/sessions/{uuid:code}/versions/{int:number}/changes",
    **read_endpoint(
        Page[Change],
        operation_id="list_changes",
        summary="List files that a version changed in the one before it, by path",
    ),
)
def list_changes(
    request: ApiRequest,
    *,
    code: UUID,
    number: int,
    kind: Annotated[ChangeKind | None, Query(None)],
    q: Annotated[str, Query("", max_length=200, description="Words of the path.")],
    limit: Limit,
    cursor: Cursor,
) -> Page[Change]:
    version = get_version_or_404(request.auth.user, code, number)
    rows: Any = find_changes(version, kind=kind or "", text=q).values_list(*ChangedFile._fields, named=True)
    page, next_cursor = paginate(rows, order=BY_PATH, limit=limit, cursor=cursor)
    return Page(items=[Change.of(row) for row in page], next=next_cursor)


@router.get(
    "/sessions/{uuid:code}/versions/{int:number}/entries",
    **read_endpoint(Page[Entry], operation_id="list_entries", summary="List files of a version, by path"),
)
def list_entries(
    request: ApiRequest,
    *,
    code: UUID,
    number: int,
    category: Annotated[Category | None, Query(None)],
    language: Annotated[str, Query("", max_length=35, description="A BCP 47 tag.")],
    limit: Limit,
    cursor: Cursor,
) -> Page[Entry]:
    rows = get_entries(get_version_or_404(request.auth.user, code, number)).select_related("blob")
    if category:
        rows = rows.filter(category=category)
    if language:
        rows = rows.filter(language=language)
    page, next_cursor = paginate(rows, order=BY_PATH, limit=limit, cursor=cursor)
    return Page(items=[Entry.of(row) for row in page], next=next_cursor)
