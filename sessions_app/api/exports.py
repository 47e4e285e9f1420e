"""Finished ZIPs, and links to them: made, downloaded."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from dubbing_core.categories import Category
from sessions_app import models
from sessions_app.access import visible_to
from sessions_app.api.auth import ApiRequest
from sessions_app.api.downloads import api_download_response
from sessions_app.api.endpoints import ZIP, binary_responses, read_endpoint, write_endpoint
from sessions_app.api.idempotency import once
from sessions_app.api.jobs import Job, address_of
from sessions_app.api.pagination import Cursor, Limit, Order, Page, paginate
from sessions_app.api.selections import selection_of
from sessions_app.http.downloads import export_download
from sessions_app.http.lookups import get_export_or_404, get_version_or_404
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.exports import job as exports

router = Router()

NEWEST_FIRST = Order(field="created_at", kind=datetime, is_descending=True)


class Export(BaseModel):
    code: UUID
    session: UUID
    version: int
    filename: str
    size: int
    ready: bool
    """Whether its bytes can be downloaded still."""
    created_at: datetime
    expires_at: datetime
    selection: dict[str, Any]
    """What it holds of the version; empty for the whole."""

    @classmethod
    def of(cls, export: models.Export, *, now: datetime) -> Export:
        return cls(
            code=export.code,
            session=export.version.session.code,
            version=export.version.number,
            filename=export.filename,
            size=export.size,
            ready=export.is_ready(now=now),
            created_at=export.created_at,
            expires_at=export.expires_at,
            selection=export.selection,
        )


class NewExport(BaseModel):
    """What the ZIP shall hold; nothing said: the whole version."""

    model_config = ConfigDict(extra="forbid")

    categories: list[Category] = Field(default=[], max_length=20)
    languages: list[Annotated[str, Field(max_length=35)]] = Field(default=[], max_length=500)
    without_source: bool = False
    history: bool = False


@router.post(
    "/sessions/{uuid:code}/versions/{int:number}/exports",
    **write_endpoint(
        Job,
        status=202,
        is_idempotent=True,
        operation_id="create_export",
        summary="Have a ZIP of a version made",
        description="The same choice is never made twice: the answer may be a job that is done.",
    ),
)
@once(status=202, location=address_of)
def create_export(request: ApiRequest, code: UUID, number: int, body: NewExport) -> Job:
    user = request.auth.user
    version = get_version_or_404(user, code, number)
    selection = selection_of(
        version,
        categories=body.categories,
        languages=body.languages,
        without_source=body.without_source,
        history=body.history,
    )
    job = exports.request(version=version, owner=user, now=timezone.now(), selection=selection)
    return Job.of(job)


@router.get(
    "/exports",
    **read_endpoint(Page[Export], errors=(), operation_id="list_exports", summary="ZIPs, the latest first"),
)
def list_exports(request: ApiRequest, limit: Limit, cursor: Cursor) -> Page[Export]:
    now = timezone.now()
    rows = visible_to(request.auth.user, models.Export.objects.live()).select_related("version__session")
    page, next_cursor = paginate(
        rows.defer("version__document"), order=NEWEST_FIRST, limit=limit, cursor=cursor
    )
    return Page(items=[Export.of(row, now=now) for row in page], next=next_cursor)


@router.get("/exports/{uuid:code}", **read_endpoint(Export, operation_id="get_export", summary="One ZIP"))
def get_export(request: ApiRequest, code: UUID) -> Export:
    return Export.of(get_export_or_404(request.auth.user, code), now=timezone.now())


@router.api_operation(
    ["GET", "HEAD"],
    "/exports/{uuid:code}/download",
    **read_endpoint(
        None,
        errors=(404, 409),
        is_rate_limited=False,
        operation_id="download_export",
        summary="A ZIP's bytes; takes Range and If-Range",
        openapi_extra=binary_responses(ZIP),
    ),
)
def download_export(request: ApiRequest, code: UUID) -> HttpResponseBase:
    export = get_export_or_404(request.auth.user, code)
    if not export.is_ready(now=timezone.now()):
        raise NotAllowedError("This export has expired. Export the version again.", code="export_expired")
    return api_download_response(request, export_download(export))
