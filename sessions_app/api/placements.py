"""Preview of the placement of files in a session."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeKind, ChangeSummary
from dubbing_core.labels import LabelAuthor
from sessions_app.api.auth import ApiRequest
from sessions_app.api.blobs import MAX_SIZE, Sha256
from sessions_app.api.endpoints import read_endpoint
from sessions_app.api.saves import MAX_FILES
from sessions_app.api.versions import ChangeGroup
from sessions_app.http.lookups import get_session_or_404
from sessions_app.operations.saves import placement_preview
from sessions_app.operations.saves.change_preview import ChangePreview, FileState, FileToSave
from sessions_app.queries.manifests import get_version_contents

router = Router()


class FileToPlace(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: str
    size: int = Field(ge=0, le=MAX_SIZE)
    sha256: Sha256 | Literal[""] = ""
    """Empty if it is not known yet. Files of an unchanged size are `unread` then."""


class PlacementRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    paths: list[str] = Field([], max_length=MAX_FILES)
    """Paths relative to the folder."""
    files: list[FileToPlace] = Field([], max_length=MAX_FILES)
    """Instead of paths: files with their sizes, to preview what the save would change."""
    replace: bool = False
    """Same as in the save."""
    targets: dict[str, str] = Field({}, max_length=MAX_FILES)
    """Same as in the save."""
    session: UUID | None = None
    """Session that the files are going to be saved in; null for a new one."""
    rooted: bool = True
    """Same as in the save."""


class PlacedFile(BaseModel):
    source: str
    """Path in the folder."""
    path: str
    """Path in the session: that in the folder, or that of a file that it replaces."""
    category: Category
    label: str
    language: str
    role: str
    labeled_by: LabelAuthor
    """Whether a person has set category, language and role in an earlier version."""
    change: FileState | None
    """With `files`: `unread` has the same size as the file that it replaces."""
    previous_size: int | None
    """With `files`: bytes of the file that it replaces."""
    candidates: list[str]
    """Of a file without a folder that is not at the path of an earlier one: files of the session that it may replace. Send the
    choice as `targets`."""


class RemovedFile(BaseModel):
    path: str
    size: int
    category: Category
    label: str
    language: str


class RefusedFile(BaseModel):
    path: str
    code: str
    message: str


class PlacementPreview(BaseModel):
    files: list[PlacedFile]
    refused: list[RefusedFile]
    """Files that cannot be saved, or not together with the others."""
    metadata: str | None
    """Path of the file that is used as the session's metadata.json."""
    removed: list[RemovedFile]
    """With `files`: files of the session that the save removes."""
    change_summary: str
    """With `files`: what the save would change, in the words of the version. Unread files count as unchanged."""
    changes: dict[ChangeKind, ChangeGroup]


@router.post(
    "/placements",
    **read_endpoint(
        PlacementPreview,
        operation_id="preview_placement",
        summary="Preview the placement of files; nothing is stored",
    ),
)
def preview_placement(request: ApiRequest, body: PlacementRequest) -> PlacementPreview:
    current = get_session_or_404(request.auth.user, body.session).current if body.session else None
    preview = placement_preview.preview_placement(
        body.paths or [file.path for file in body.files],
        current=get_version_contents(current),
        rooted=body.rooted,
        files=_read_files(body),
        targets=body.targets,
        replaces_all=body.replace,
    )
    changes = preview.changes
    summary = changes.summary if changes else ChangeSummary()
    return PlacementPreview(
        files=[
            PlacedFile(
                source=placed.source,
                path=placed.path,
                category=placed.category,
                label=placed.category.label,
                language=placed.language,
                role=placed.role.value,
                change=changes.states[placed.path] if changes else None,
                previous_size=_previous_size(changes, placed.path),
                labeled_by=placed.labeled_by,
                candidates=list(preview.candidates.get(placed.source, ())),
            )
            for placed in preview.placements
        ],
        refused=[
            RefusedFile(path=each.path, code=each.code, message=each.message) for each in preview.refused
        ],
        metadata=preview.metadata,
        removed=[
            RemovedFile(
                path=entry.path,
                size=entry.size,
                category=entry.category,
                label=entry.category.label,
                language=entry.language,
            )
            for entry in (changes.removed if changes else ())
        ],
        change_summary=summary.words if changes else "",
        changes={kind: ChangeGroup.of(group) for kind, group in summary.groups.items()},
    )


def _read_files(body: PlacementRequest) -> dict[str, FileToSave] | None:
    if body.paths or not body.files:
        return None
    return {file.path: FileToSave(size=file.size, sha256=file.sha256) for file in body.files}


def _previous_size(changes: ChangePreview | None, path: str) -> int | None:
    entry = changes.previous.get(path) if changes else None
    return entry.size if entry else None
