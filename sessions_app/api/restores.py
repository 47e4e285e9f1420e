"""Restore an earlier version, or a part of one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeKind
from dubbing_core.restored_part import RestoredPart
from sessions_app.access import Action
from sessions_app.api.auth import ApiRequest
from sessions_app.api.comparisons import FileChange, ProgressChange, ValueChange
from sessions_app.api.endpoints import read_endpoint, write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.selections import CellText
from sessions_app.api.versions import ChangeGroup, Version, router
from sessions_app.http.lookups import get_version_or_404
from sessions_app.operations.versions.partial_restore import plan_restore, restore_part
from sessions_app.operations.versions.restore import restore_version as restore_whole_version
from sessions_app.translation import localize

MAX_PATHS = 100_000
PREVIEWED_FILES = 1000

Path = Annotated[str, Field(max_length=4096)]
LanguageTag = Annotated[str, Field(max_length=100)]


class PartToRestore(BaseModel):
    """Categories in languages, and single files."""

    model_config = ConfigDict(extra="forbid")

    categories: list[Category] = Field([], max_length=20)
    """Empty for all, if there are languages."""
    languages: list[LanguageTag] = Field([], max_length=200)
    """Exactly these; an empty text for files without a language. Empty for all, if there are categories."""
    cells: list[CellText] = Field([], max_length=1000)
    """Categories in one language each, beside those: `hi:audio`, or `*:transcriptions` in all languages."""
    paths: list[Path] = Field([], max_length=MAX_PATHS)
    """Files beside those of the categories and languages."""
    keep_newer: bool = False
    """Keep files that the earlier version does not have, instead of removing them."""

    @property
    def part(self) -> RestoredPart:
        return RestoredPart.from_choices(
            categories=self.categories,
            languages=self.languages,
            paths=self.paths,
            keeps_newer=self.keep_newer,
            cells=self.cells,
        )


class RestoreRequest(PartToRestore):
    """Without categories, languages, cells and paths the whole version."""

    parent: int | None = Field(None, ge=1, le=2**31 - 1)
    """Refuse with 409 `conflict` if another version is current."""


class SharedFile(BaseModel):
    """A file that is restored as a whole, although it has further languages."""

    path: str
    languages: list[str]


class RestorePreview(BaseModel):
    """What a restore would change in the current version."""

    current: int
    """Number of the current version; send it as `parent` of the restore."""
    message: str
    summary: str
    counts: dict[ChangeKind, ChangeGroup]
    files: list[FileChange]
    """The first 1,000, by path."""
    metadata: list[ValueChange]
    progress: ProgressChange | None
    """States of steps that would change, such as audio that becomes stale."""
    shared_files: list[SharedFile]
    """Files of the chosen cells with further languages, such as one with all translations."""


@router.post(
    "/sessions/{uuid:code}/versions/{int:number}/restore",
    **write_endpoint(
        Version,
        status=201,
        is_idempotent=True,
        operation_id="restore_version",
        summary="Restore an older version, or a part of one, as a new version",
        description=(
            "Without a body the whole version. No bytes move and no version is lost: to undo it, restore the version before"
            " with the new version's number as `parent`."
        ),
    ),
)
@idempotent(status=201)
def restore_version(
    request: ApiRequest, code: UUID, number: int, body: RestoreRequest | None = None
) -> Version:
    user = request.auth.user
    session = get_version_or_404(user, code, number, Action.EDIT).session
    body = body or RestoreRequest.model_validate({})
    now = timezone.now()
    if body.part:
        restored = restore_part(
            session=session, number=number, part=body.part, author=user, now=now, parent=body.parent
        )
    else:
        restored = restore_whole_version(
            session=session, number=number, author=user, now=now, parent=body.parent
        )
    return Version.of(restored)


@router.post(
    "/sessions/{uuid:code}/versions/{int:number}/restore/preview",
    **read_endpoint(
        RestorePreview,
        operation_id="preview_restore",
        summary="Preview what restoring a part of a version would change",
    ),
)
def preview_restore(request: ApiRequest, code: UUID, number: int, body: PartToRestore) -> RestorePreview:
    session = get_version_or_404(request.auth.user, code, number).session
    plan = plan_restore(session=session, number=number, part=body.part, now=timezone.now())
    comparison = plan.compare()
    return RestorePreview(
        current=plan.current.number,
        message=plan.new.message,
        summary=localize(comparison.summary.words),
        counts={kind: ChangeGroup.of(group) for kind, group in comparison.summary.groups.items()},
        files=[FileChange.of(each) for each in comparison.files[:PREVIEWED_FILES]],
        metadata=[ValueChange.of(value) for value in comparison.values],
        progress=ProgressChange.of(comparison.progress) if comparison.progress is not None else None,
        shared_files=[
            SharedFile(path=file.path, languages=list(file.languages)) for file in plan.shared_files
        ],
    )
