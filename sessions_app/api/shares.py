"""Shares: links to exports."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, ConfigDict, Field

from sessions_app import models
from sessions_app.access import Action, visible_to
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint, write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.pagination import Cursor, Limit, Page, paginate
from sessions_app.http.lookups import get_export_or_404, get_share_or_404
from sessions_app.operations import shares
from sessions_app.operations.shares import MAX_DAYS
from sessions_app.queries.keyset import Order

router = Router()

NEWEST_FIRST = Order(field="created_at", kind=datetime, is_descending=True)


class Share(BaseModel):
    code: UUID
    export: UUID
    note: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    download_count: int
    last_download_at: datetime | None
    url: str | None
    """Only in the first response of `create_share`; the URL is not stored, so a replay has null."""

    @classmethod
    def of(cls, share: models.Share, *, url: str | None = None) -> Share:
        return cls(
            code=share.code,
            export=share.export.code,
            note=share.note,
            created_at=share.created_at,
            expires_at=share.expires_at,
            revoked_at=share.revoked_at,
            download_count=share.download_count,
            last_download_at=share.last_download_at,
            url=url,
        )


class NewShare(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: int = Field(7, ge=1, le=MAX_DAYS)
    note: str = Field("", max_length=200)
    """For example the recipient; visible only to you."""


@router.post(
    "/exports/{uuid:code}/shares",
    **write_endpoint(
        Share,
        status=201,
        is_idempotent=True,
        operation_id="create_share",
        summary="Create a public link to an export",
    ),
)
@idempotent(status=201, redact={"url": None})
def create_share(request: ApiRequest, code: UUID, body: NewShare) -> Share:
    user = request.auth.user
    export = get_export_or_404(user, code, Action.MANAGE)
    created = shares.create_share(
        export=export, author=user, days=body.days, note=body.note, now=timezone.now()
    )
    url = request.build_absolute_uri(reverse("share-page", args=[created.token]))
    return Share.of(created.share, url=url)


@router.get(
    "/shares",
    **read_endpoint(Page[Share], errors=(), operation_id="list_shares", summary="List links, newest first"),
)
def list_shares(request: ApiRequest, limit: Limit, cursor: Cursor) -> Page[Share]:
    rows = visible_to(request.auth.user, models.Share.objects.all()).select_related("export")
    page, next_cursor = paginate(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)
    return Page(items=[Share.of(row) for row in page], next=next_cursor)


@router.delete(
    "/shares/{uuid:code}",
    **write_endpoint(None, status=204, operation_id="revoke_share", summary="Revoke a link"),
)
def revoke_share(request: ApiRequest, code: UUID) -> Status[None]:
    get_share_or_404(request.auth.user, code, Action.MANAGE).revoke(now=timezone.now())
    return Status(HTTPStatus.NO_CONTENT, None)
