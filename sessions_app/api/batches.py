"""Actions on several sessions at once: tag, star, download as one ZIP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, ConfigDict, Field

from sessions_app.access import Action, visible_to
from sessions_app.api.auth import ApiRequest
from sessions_app.api.downloads import api_download_response
from sessions_app.api.endpoints import ZIP, binary_responses, read_endpoint, write_endpoint
from sessions_app.api.marks import Names
from sessions_app.api.sessions import Session
from sessions_app.api.trash import MAX_SESSIONS_PER_CALL, SessionCodes, Sessions
from sessions_app.http.downloads import session_archive_download
from sessions_app.http.lookups import get_sessions_or_404
from sessions_app.models import SessionArchive as SessionArchiveRow, Version
from sessions_app.operations.exports.session_archive import create_session_archive
from sessions_app.operations.marks.stars import set_stars
from sessions_app.operations.marks.tags import change_tags
from sessions_app.queries.session_archives import get_archived_versions, get_current_versions

router = Router()


class SharedTagChanges(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sessions: Annotated[list[UUID], Field(min_length=1, max_length=MAX_SESSIONS_PER_CALL)]
    add: Names
    """Names. Case does not matter for one that exists."""
    remove: Names


class SessionArchive(BaseModel):
    """The current versions of several sessions, as one ZIP."""

    code: UUID
    url: str
    """Path of the portal, for the same token. The ZIP has a folder for each session."""
    session_count: int
    """Sessions without a version are left out."""


@router.post(
    "/sessions/tags",
    **write_endpoint(
        Sessions,
        operation_id="change_tags",
        summary="Put tags on several sessions and take others off",
        description="All of them or, after an error, none. Repeating it changes nothing.",
    ),
)
def change_tags_of_sessions(request: ApiRequest, body: SharedTagChanges) -> Sessions:
    user = request.auth.user
    sessions = get_sessions_or_404(user, body.sessions, Action.EDIT)
    change_tags(sessions=sessions, user=user, now=timezone.now(), add=body.add, remove=body.remove)
    return Sessions(sessions=Session.show_all(user, sessions))


@router.post(
    "/sessions/stars",
    **write_endpoint(
        None, status=204, operation_id="star_sessions", summary="Set the user's star on several sessions"
    ),
)
def star_sessions(request: ApiRequest, body: SessionCodes) -> Status[None]:
    sessions = get_sessions_or_404(request.auth.user, body.sessions)
    set_stars(user=request.auth.user, sessions=sessions)
    return Status(HTTPStatus.NO_CONTENT, None)


@router.post(
    "/sessions/archive",
    **read_endpoint(
        SessionArchive,
        status=201,
        operation_id="create_session_archive",
        summary="Choose sessions to download as one ZIP",
        description="The ZIP is made while it is downloaded, and contains the versions that are current now.",
    ),
)
def create_archive(request: ApiRequest, body: SessionCodes) -> Status[SessionArchive]:
    versions = get_current_versions(get_sessions_or_404(request.auth.user, body.sessions))
    row = create_session_archive(owner=request.auth.user, versions=versions, now=timezone.now())
    archive = SessionArchive(
        code=row.code, url=f"/api/v1/session-archives/{row.code}", session_count=len(versions)
    )
    return Status(HTTPStatus.CREATED, archive)


@router.api_operation(
    ["GET", "HEAD"],
    "/session-archives/{uuid:code}",
    **read_endpoint(
        None,
        errors=(403, 404),
        is_rate_limited=False,
        operation_id="get_session_archive",
        summary="Download several sessions as one ZIP; supports Range and If-Range",
        openapi_extra=binary_responses(ZIP),
    ),
)
def get_archive(request: ApiRequest, code: UUID) -> HttpResponseBase:
    user = request.auth.user
    row = get_object_or_404(visible_to(user, SessionArchiveRow.objects.all()), code=code)
    versions = get_archived_versions(row, visible_to(user, Version.objects.all()))
    return api_download_response(request, session_archive_download(row, versions))
