"""Comparison of two versions of a session."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from ninja import Query
from pydantic import BaseModel

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeKind
from dubbing_core.comparison.documents import ValueDifference
from dubbing_core.comparison.files import FileDifference, Grouping
from dubbing_core.comparison.progress import ProgressDifference
from dubbing_core.progress_matrix import Cell, CellState
from dubbing_core.steps import Step
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint
from sessions_app.api.pagination import Cursor, Page, bad_cursor
from sessions_app.api.versions import ChangeGroup, router
from sessions_app.http.lookups import get_version_or_404
from sessions_app.queries.comparisons import compare_versions, get_file_page
from sessions_app.queries.keyset import CursorError

MAX_NUMBER = 2**31 - 1
FileLimit = Annotated[int, Query(200, ge=1, le=5000, description="Maximum number of files.")]
"""More than in other lists: each page compares the versions again."""


class Relabeling(BaseModel):
    name: str
    """`category`, `language`, `role`, `label` (who set it) or `executable`."""
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
        )


class CellStateAndReason(BaseModel):
    state: CellState
    stale: str | None
    """Why results must be made again, in a clause."""

    @classmethod
    def of(cls, cell: Cell) -> CellStateAndReason:
        return cls(state=cell.state, stale=cell.stale.reason if cell.stale else None)


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
        page = get_file_page(
            comparison, grouping=Grouping.FOLDER, kind=kind or "", text=q, cursor=cursor, size=limit
        )
    except CursorError:
        raise bad_cursor() from None
    return Diff(
        from_version=from_,
        to_version=number,
        summary=comparison.summary.words,
        counts={kind: ChangeGroup.of(group) for kind, group in comparison.summary.groups.items()},
        progress=ProgressChange.of(comparison.progress) if comparison.progress is not None else None,
        metadata=[ValueChange.of(value) for value in comparison.values],
        files=Page(items=[FileChange.of(each) for each in page.items], next=page.next),
    )
