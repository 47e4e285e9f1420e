"""Who asks, and what they may."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Literal

from django.conf import settings
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel

from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint
from sessions_app.api.problems import ProblemError
from sessions_app.operations.uploads.limits import MAX_PACKED_FILE_SIZE
from sessions_app.queries.quotas import get_quota, get_usage
from sessions_app.storage.store import PART_SIZE

router = Router()


class Token(BaseModel):
    """The access token that is used."""

    name: str
    scope: Literal["read", "write"]
    expires_at: datetime | None
    last_used_at: datetime | None


class Quota(BaseModel):
    used: int
    """Bytes: what the versions of all sessions added, the trash included, and what is on its way in."""
    limit: int | None
    """Null: nobody counts."""


class Me(BaseModel):
    name: str
    email: str
    token: Token | None
    """Null for a browser."""
    part_size: int
    """What a pack is best filled up to, in bytes: as many as a part has, except of a file above 78 GiB. Each upload tells its own."""
    max_pack_file_size: int
    """Files of up to so many bytes may share an upload."""
    max_file_size: int
    max_files: int
    """In a session."""
    quota: Quota


@router.get("/me", **read_endpoint(Me, errors=(), operation_id="get_me", summary="Who I am and what I may"))
def me(request: ApiRequest) -> Me:
    user, token = request.auth.user, request.auth.token
    return Me(
        name=user.get_username(),
        email=user.email,
        token=Token.model_validate(token, from_attributes=True) if token else None,
        part_size=PART_SIZE,
        max_pack_file_size=MAX_PACKED_FILE_SIZE,
        max_file_size=settings.MAX_UPLOAD_SIZE,
        max_files=settings.MAX_FILES_IN_SESSION,
        quota=Quota(used=get_usage(user), limit=get_quota()),
    )


@router.delete(
    "/token",
    # A token that may only read may take itself back as well.
    **read_endpoint(
        None,
        status=204,
        errors=(409,),
        operation_id="revoke_token",
        summary="Revoke the token that is used",
    ),
)
def revoke_token(request: ApiRequest) -> Status[None]:
    token = request.auth.token
    if token is None:
        raise ProblemError(
            HTTPStatus.CONFLICT, "no_token", "You came with a browser's session, not with a token."
        )
    token.revoke(now=timezone.now())
    return Status(HTTPStatus.NO_CONTENT, None)
