"""Versions of a session and their entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from sessions_app import models
from sessions_app.api.auth import ApiRequest
from sessions_app.api.derivatives import Derivative, list_derivatives
from sessions_app.api.endpoints import read_endpoint
from sessions_app.api.media import Media
from sessions_app.api.pagination import Cursor, Limit, Page, paginate
from sessions_app.api.progress import ProgressByLanguage
from sessions_app.api.sessions import Progress
from sessions_app.http.lookups import get_session_or_404, get_version_or_404
from sessions_app.media.plan import Kind
from sessions_app.queries.version_changes import ChangedFile, find_changes
from sessions_app.queries.version_list import NEWEST_FIRST
from sessions_app.queries.versions import BY_PATH, get_entries
from sessions_app.translation import localize

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
        files = [
            LeftOutFile(path=file.path, code=file.code, reason=localize(file.reason))
            for file in left_out.files
        ]
        return cls(count=left_out.count, files=files)


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
            change_summary=localize(summary.words),
            changes={kind: ChangeGroup.of(group) for kind, group in summary.groups.items()},
            video_name=version.video_name,
            languages=version.languages,
            stage=Stage(version.stage),
            progress=Progress.of(version.progress),
            progress_by_language=ProgressByLanguage.of(matrix, is_read=version.has_read_texts)
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


class FileEntry(Entry):
    """A file of a version, with what is known of its contents."""

    media: Media | None
    """Of audio and video, read in the background after the save; null until then, and for other files."""
    derivatives: dict[Kind, Derivative] | None
    """What is made of audio and video, by kind; null as long as `media` is."""

    @classmethod
    def show_all(cls, session: UUID, entries: Sequence[models.Entry]) -> list[FileEntry]:
        """Return entries with what was made of them: one query."""
        made = list_derivatives(session, entries)
        return [cls.of(entry, made.get(entry.pk)) for entry in entries]

    @classmethod
    def of(cls, entry: models.Entry, derivatives: Mapping[Kind, Derivative] | None) -> FileEntry:
        row = getattr(entry.blob, "media", None)
        return cls(
            **cls.as_dict(entry),
            media=Media.of(row.facts) if row is not None else None,
            derivatives=None if derivatives is None else dict(derivatives),
        )


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
    **read_endpoint(Page[FileEntry], operation_id="list_entries", summary="List files of a version, by path"),
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
) -> Page[FileEntry]:
    rows = get_entries(get_version_or_404(request.auth.user, code, number)).select_related("blob__media")
    if category:
        rows = rows.filter(category=category)
    if language:
        rows = rows.filter(language=language)
    page, next_cursor = paginate(rows, order=BY_PATH, limit=limit, cursor=cursor)
    return Page(items=FileEntry.show_all(code, page), next=next_cursor)
