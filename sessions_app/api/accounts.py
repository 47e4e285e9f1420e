"""The caller: account, limits and access token."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Literal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
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
    """The access token of the request."""

    name: str
    scope: Literal["read", "write"]
    expires_at: datetime | None
    last_used_at: datetime | None


class Quota(BaseModel):
    used: int
    """Bytes of all versions, including those in the trash, plus pending uploads."""
    limit: int | None
    """Null for unlimited."""


class Me(BaseModel):
    name: str
    email: str
    token: Token | None
    """Null for the session of a browser."""
    part_size: int
    """Recommended size of a pack in bytes. Each upload has its own `part_size`, larger for files above 78 GiB."""
    max_pack_file_size: int
    """Size limit in bytes for a file in a pack."""
    max_file_size: int
    max_files: int
    """Per session."""
    quota: Quota


@router.get(
    "/me",
    **read_endpoint(
        Me, errors=(), operation_id="get_me", summary="Get the account, its limits and the access token"
    ),
)
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
        quota=Quota(used=get_usage(user.pk), limit=get_quota()),
    )


@router.delete(
    "/token",
    # A read-only token may revoke itself, too.
    **read_endpoint(
        None,
        status=204,
        errors=(409,),
        operation_id="revoke_token",
        summary="Revoke the access token of the request",
    ),
)
def revoke_token(request: ApiRequest) -> Status[None]:
    token = request.auth.token
    if token is None:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "no_token",
            gettext("This request has no access token, but a browser's session."),
        )
    token.revoke(now=timezone.now())
    return Status(HTTPStatus.NO_CONTENT, None)
