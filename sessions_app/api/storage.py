"""The user's storage: used and allowed bytes."""

from __future__ import annotations

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel

from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint
from sessions_app.operations.disk_space import get_usable_space
from sessions_app.queries.quotas import get_storage_parts, get_storage_use

router = Router()


class Storage(BaseModel):
    """The parts add up to `used`."""

    used: int
    limit: int | None
    """Null for unlimited."""
    sessions: int
    """Bytes of all versions of sessions that are not in the trash."""
    previews: int
    """Bytes of posters, waveforms, audio tracks and light copies."""
    trash: int
    uploads: int
    """Bytes of uploads that were not saved or imported yet."""
    available: int | None
    """Bytes that all users together may still store on the server's disk; null if that is unknown."""


@router.get(
    "/storage",
    **read_endpoint(
        Storage, errors=(), operation_id="get_storage", summary="Get what uses the user's storage"
    ),
)
def get_storage(request: ApiRequest) -> Storage:
    user = request.auth.user
    use, parts = get_storage_use(user), get_storage_parts(user)
    return Storage(
        used=use.used,
        limit=use.limit,
        sessions=parts.sessions,
        previews=parts.previews,
        trash=parts.trash,
        uploads=parts.uploads,
        available=get_usable_space(now=timezone.now()),
    )
