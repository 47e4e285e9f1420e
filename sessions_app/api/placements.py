"""Where the files of a folder would go."""

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


class Unsorted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    paths: list[str] = Field(max_length=100_000)
    """Relative to the folder."""
    session: UUID | None = None
    """The session that they are to be saved in; none: a new one."""
    rooted: bool = True
    """As in the save that follows."""


class Placed(BaseModel):
    source: str
    path: str
    category: Category
    label: str
    language: str


class Refusal(BaseModel):
    path: str
    code: str
    message: str


class Sorting(BaseModel):
    files: list[Placed]
    refused: list[Refusal]
    """What cannot be saved, or not beside the others."""
    metadata: str | None
    """The file that is taken for the session's metadata.json."""


@router.post(
    "/placements",
    **read_endpoint(
        Sorting,
        operation_id="preview_placement",
        summary="Where the files of a folder would go; nothing is stored",
    ),
)
def preview_placement(request: ApiRequest, body: Unsorted) -> Sorting:
    current = get_session_or_404(request.auth.user, body.session).current if body.session else None
    # As a save by the API sorts them.
    sorting = placement_preview.preview_placement(
        body.paths, current=get_version_contents(current), rooted=body.rooted
    )
    return Sorting(
        files=[
            Placed(
                source=placed.source,
                path=placed.path,
                category=placed.category,
                label=placed.category.label,
                language=placed.language,
            )
            for placed in sorting.placements
        ],
        refused=[Refusal(path=each.path, code=each.code, message=each.message) for each in sorting.refused],
        metadata=sorting.metadata,
    )
