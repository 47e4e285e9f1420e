"""The trash: move several sessions there, restore them, delete them permanently."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from sessions_app import models
from sessions_app.access import Action, manageable_by
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.sessions import Session
from sessions_app.http.lookups import get_sessions_or_404, get_trashed_sessions_or_404
from sessions_app.operations.sessions.permanent_deletion import PermanentDeletion, delete_permanently
from sessions_app.operations.sessions.trash import trash_sessions, untrash_session

router = Router()

MAX_SESSIONS_PER_CALL = 500


class SessionCodes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sessions: list[UUID] = Field(min_length=1, max_length=MAX_SESSIONS_PER_CALL)


class Sessions(BaseModel):
    sessions: list[Session]
    """In the order of the request."""


class TrashedSessions(BaseModel):
    count: int
    """Sessions that were moved."""


class DeletedSessions(BaseModel):
    count: int
    size: int
    """Bytes that count toward the quota no longer."""

    @classmethod
    def of(cls, deletion: PermanentDeletion) -> DeletedSessions:
        return cls(count=deletion.count, size=deletion.size)


@router.post(
    "/trash",
    **write_endpoint(
        TrashedSessions, operation_id="trash_sessions", summary="Move several sessions to the trash"
    ),
)
def move_to_trash(request: ApiRequest, body: SessionCodes) -> TrashedSessions:
    sessions = get_sessions_or_404(request.auth.user, body.sessions, Action.MANAGE)
    return TrashedSessions(count=trash_sessions(sessions=sessions, now=timezone.now()))


@router.post(
    "/trash/restore",
    **write_endpoint(
        Sessions,
        is_idempotent=True,
        operation_id="restore_sessions",
        summary="Restore sessions from the trash",
        description="If a name is in use, a number is appended.",
    ),
)
@idempotent(status=200)
def restore_sessions(request: ApiRequest, body: SessionCodes) -> Sessions:
    user, now = request.auth.user, timezone.now()
    sessions = get_trashed_sessions_or_404(user, body.sessions, Action.MANAGE)
    restored = [untrash_session(session=session, user=user, now=now) for session in sessions]
    return Sessions(sessions=Session.show_all(user, restored))


@router.post(
    "/trash/delete",
    **write_endpoint(
        DeletedSessions,
        is_idempotent=True,
        operation_id="delete_sessions",
        summary="Delete sessions in the trash permanently",
        description="They cannot be restored. Their space no longer counts toward the quota.",
    ),
)
@idempotent(status=200)
def delete_sessions(request: ApiRequest, body: SessionCodes) -> DeletedSessions:
    sessions = get_trashed_sessions_or_404(request.auth.user, body.sessions, Action.MANAGE)
    rows = models.DubbingSession.objects.filter(pk__in=[session.pk for session in sessions])
    return DeletedSessions.of(delete_permanently(sessions=rows, now=timezone.now()))


@router.delete(
    "/trash",
    **write_endpoint(
        DeletedSessions,
        operation_id="empty_trash",
        summary="Delete all sessions in the trash permanently",
        description="They cannot be restored. Their space no longer counts toward the quota.",
    ),
)
def empty_trash(request: ApiRequest) -> DeletedSessions:
    sessions = manageable_by(request.auth.user, models.DubbingSession.objects.all())
    return DeletedSessions.of(delete_permanently(sessions=sessions, now=timezone.now()))
