"""Exports: ZIPs of versions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from dubbing_core.categories import Category
from dubbing_core.selection import FolderLayout, Selection
from dubbing_core.session_names import build_export_filename
from sessions_app import models
from sessions_app.access import visible_to
from sessions_app.api.auth import ApiRequest
from sessions_app.api.downloads import api_download_response
from sessions_app.api.endpoints import ZIP, binary_responses, read_endpoint, write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.jobs import Job, job_url
from sessions_app.api.pagination import Cursor, Limit, Page, paginate
from sessions_app.api.progress import StaleResult
from sessions_app.api.selections import CellText, build_selection
from sessions_app.http.downloads import export_download, layout_download
from sessions_app.http.lookups import get_download_or_404, get_export_or_404, get_version_or_404
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.exports.layout import get_export_layout
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.sessions.last_accessed import record_access
from sessions_app.queries.keyset import Order

router = Router()

NEWEST_FIRST = Order(field="created_at", kind=datetime, is_descending=True)


class Export(BaseModel):
    code: UUID
    session: UUID
    version: int
    filename: str
    size: int
    ready: bool
    """Whether the ZIP can be downloaded."""
    created_at: datetime
    expires_at: datetime
    selection: dict[str, Any]
    """Exported part of the version; empty for all of it."""
    stale: list[StaleResult]
    """Exported results that must be made again, because their inputs changed."""

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
            stale=StaleResult.list_of(export.version, Selection.from_dict(export.selection)),
        )


class NewExport(BaseModel):
    """Contents of the ZIP; by default the whole version."""

    model_config = ConfigDict(extra="forbid")

    categories: list[Category] = Field(default=[], max_length=20)
    languages: list[Annotated[str, Field(max_length=35)]] = Field(default=[], max_length=500)
    cells: list[CellText] = Field(default=[], max_length=500)
    """Categories in one language each, such as `hi:audio`; without categories and languages these alone."""
    without_source: bool = False
    history: bool = False
    layout: FolderLayout = FolderLayout.SESSION
    """Folders of the session's tree with its metadata.json, or paths as saved."""


@router.post(
    "/sessions/{uuid:code}/versions/{int:number}/exports",
    **write_endpoint(
        Job,
        status=202,
        is_idempotent=True,
        operation_id="create_export",
        summary="Export a version as a ZIP",
        description="If the same ZIP exists, its finished job is returned.",
    ),
)
@idempotent(status=202, location=job_url)
def create_export(request: ApiRequest, code: UUID, number: int, body: NewExport) -> Job:
    user = request.auth.user
    version = get_version_or_404(user, code, number)
    selection = build_selection(
        version,
        categories=body.categories,
        languages=body.languages,
        without_source=body.without_source,
        history=body.history,
        layout=body.layout,
        cells=body.cells,
    )
    job = request_export(version=version, owner=user, now=timezone.now(), selection=selection)
    return Job.of(job)


@router.get(
    "/exports",
    **read_endpoint(
        Page[Export], errors=(), operation_id="list_exports", summary="List exports, newest first"
    ),
)
def list_exports(request: ApiRequest, limit: Limit, cursor: Cursor) -> Page[Export]:
    now = timezone.now()
    rows = visible_to(request.auth.user, models.Export.objects.live()).select_related("version__session")
    page, next_cursor = paginate(
        rows.defer("version__document", "version__texts", "version__input_history"),
        order=NEWEST_FIRST,
        limit=limit,
        cursor=cursor,
    )
    return Page(items=[Export.of(row, now=now) for row in page], next=next_cursor)


@router.get(
    "/exports/{uuid:code}", **read_endpoint(Export, operation_id="get_export", summary="Get an export")
)
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
        summary="Download the ZIP; supports Range and If-Range",
        openapi_extra=binary_responses(ZIP),
    ),
)
def download_export(request: ApiRequest, code: UUID) -> HttpResponseBase:
    export = get_export_or_404(request.auth.user, code)
    if not export.is_ready(now=timezone.now()):
        raise NotAllowedError(
            gettext("This export has expired. Export the version again."), code="export_expired"
        )
    return api_download_response(request, export_download(export))


@router.api_operation(
    ["GET", "HEAD"],
    "/sessions/{uuid:code}/versions/{int:number}/archive.zip",
    **read_endpoint(
        None,
        is_rate_limited=False,
        operation_id="get_archive",
        summary="Stream a version as a ZIP that is not stored; supports Range and If-Range",
        openapi_extra=binary_responses(ZIP),
    ),
)
def get_archive(
    request: ApiRequest,
    *,
    code: UUID,
    number: int,
    category: Annotated[list[Category], Query([], max_length=20)],
    language: Annotated[list[str], Query([], max_length=500)],
    cell: Annotated[
        list[CellText], Query([], max_length=500, description="Such as `hi:audio`; may be repeated.")
    ],
    without_source: Annotated[bool, Query(False)],
    history: Annotated[bool, Query(False, description="Include all earlier versions.")],
    layout: Annotated[FolderLayout, Query(FolderLayout.SESSION, description="Paths of the files.")],
) -> HttpResponseBase:
    version = get_download_or_404(request.auth.user, code, number)
    selection = build_selection(
        version,
        categories=category,
        languages=language,
        without_source=without_source,
        history=history,
        layout=layout,
        cells=cell,
    )
    name = version.session.name
    planned = get_export_layout(version, session_name=name, selection=selection)
    record_access(session=version.session, now=timezone.now())
    return api_download_response(
        request, layout_download(planned, filename=build_export_filename(name, selection.filename_suffix))
    )
