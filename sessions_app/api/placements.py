"""Preview of the placement of files in a session."""

from __future__ import annotations

from uuid import UUID

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from dubbing_core.categories import Category
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint
from sessions_app.http.lookups import get_session_or_404
from sessions_app.operations.saves import placement_preview
from sessions_app.queries.manifests import get_version_contents

router = Router()


class PlacementRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    paths: list[str] = Field(max_length=100_000)
    """Paths relative to the folder."""
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
        body.paths, current=get_version_contents(current), rooted=body.rooted
    )
    return PlacementPreview(
        files=[
            PlacedFile(
                source=placed.source,
                path=placed.path,
                category=placed.category,
                label=placed.category.label,
                language=placed.language,
                role=placed.role.value,
            )
            for placed in preview.placements
        ],
        refused=[
            RefusedFile(path=each.path, code=each.code, message=each.message) for each in preview.refused
        ],
        metadata=preview.metadata,
    )
