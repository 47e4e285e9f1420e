"""Sessions: search, create, trash and restore."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import BaseModel, ConfigDict, Field

from dubbing_core.progress import Progress as CoreProgress, Stage
from dubbing_core.session_names import fold_session_name
from sessions_app import models
from sessions_app.access import Action, visible_to
from sessions_app.api.auth import ApiRequest
from sessions_app.api.derivatives import Poster, list_posters
from sessions_app.api.endpoints import read_endpoint, write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.pagination import Cursor, Limit, Page, paginate
from sessions_app.forms.search import SearchForm
from sessions_app.http.lookups import get_any_session_or_404, get_session_or_404, get_trashed_session_or_404
from sessions_app.models.tag import TAG_NAME_LENGTH
from sessions_app.operations.sessions import create, names, rename, trash
from sessions_app.queries.marks import NO_MARKS, Marks, get_marks
from sessions_app.queries.sessions import SessionOrder, SessionSearch, filter_sessions

router = Router()


class Progress(BaseModel):
    transcription: bool
    translations: bool
    audio: bool
    videos: bool

    @classmethod
    def of(cls, progress: CoreProgress) -> Progress:
        return cls(
            transcription=progress.has_transcription,
            translations=progress.has_translations,
            audio=progress.has_audio,
            videos=progress.has_videos,
        )


class Session(BaseModel):
    """A dubbing project, with facts of its current version."""

    code: UUID
    name: str
    version: int
    """Number of the current version; 0 if there is none."""
    video_name: str
    languages: list[str]
    stage: Stage
    progress: Progress
    target_languages: list[str]
    finished_languages: list[str]
    """Target languages with a video and without stale results."""
    has_stale: bool
    """Whether results must be made again, because their inputs changed."""
    file_count: int
    total_size: int
    created_at: datetime
    last_updated: datetime
    last_accessed: datetime
    trashed_at: datetime | None
    tags: list[str]
    """In alphabetical order."""
    is_starred: bool
    """By the user of the token."""
    duration_ms: int | None
    """Length of the source video, as far as it is known."""
    poster: Poster | None
    """Of the source video, or else of a dubbed one, as soon as it was made."""

    @classmethod
    def show(cls, user: AbstractBaseUser, session: models.DubbingSession) -> Session:
        """Return a session with its marks and poster."""
        (shown,) = cls.show_all(user, [session])
        return shown

    @classmethod
    def show_all(cls, user: AbstractBaseUser, sessions: Sequence[models.DubbingSession]) -> list[Session]:
        """Return sessions with their marks and posters: three queries."""
        marks, posters = get_marks(user, sessions), list_posters(sessions)
        return [cls.of(session, marks[session.pk], posters.get(session.pk)) for session in sessions]

    @classmethod
    def of(cls, session: models.DubbingSession, marks: Marks, poster: Poster | None = None) -> Session:
        current = session.current
        matrix = current.progress_matrix if current else None
        return cls(
            code=session.code,
            name=session.name,
            version=current.number if current else 0,
            video_name=current.video_name if current else "",
            languages=current.languages if current else [],
            stage=Stage(current.stage) if current else Stage.EMPTY,
            progress=Progress.of(current.progress) if current else Progress.of(NO_PROGRESS),
            target_languages=list(matrix.languages) if matrix else [],
            finished_languages=matrix.finished_languages if matrix else [],
            has_stale=bool(matrix and matrix.has_stale),
            file_count=current.file_count if current else 0,
            total_size=current.total_size if current else 0,
            created_at=session.created_at,
            last_updated=session.last_updated,
            last_accessed=session.last_accessed,
            trashed_at=session.trashed_at,
            tags=list(marks.tags),
            is_starred=marks.is_starred,
            duration_ms=session.duration_ms or None,
            poster=poster,
        )


NO_PROGRESS = CoreProgress(has_transcription=False, has_translations=False, has_audio=False, has_videos=False)


class NewSession(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=1000)
    """If empty, a name is generated, from `video_filename` if present."""
    video_filename: str | None = Field(None, max_length=1000)


class NewName(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=1000)
    previous_name: str | None = Field(None, max_length=1000)
    """The name that the caller knows. If the session has another one, the response is 409 `renamed`."""


class SuggestedName(BaseModel):
    name: str


class CheckedName(BaseModel):
    name: str
    """In its normal form; as sent if it is invalid."""
    is_usable: bool
    code: str
    """Why it cannot be used: `name_empty`, `name_too_long`, `name_control` or `name_taken`; empty if it can."""
    message: str
    free_name: str
    """With `name_taken`: a similar name that is free."""


@router.get(
    "/sessions",
    **read_endpoint(Page[Session], operation_id="list_sessions", summary="Find sessions"),
)
def list_sessions(
    request: ApiRequest,
    *,
    q: Annotated[
        str,
        Query(
            "",
            max_length=200,
            description="Parts of a session name or video name, or languages by tag or name.",
        ),
    ],
    language: Annotated[
        str, Query("", max_length=100, description="A BCP 47 tag, or the name of a language.")
    ],
    stage: Annotated[Stage | None, Query(None)],
    name: Annotated[str, Query("", max_length=1000, description="The exact name, ignoring case.")],
    trashed: Annotated[bool, Query(False, description="Search the trash instead.")],
    tag: Annotated[str, Query("", max_length=TAG_NAME_LENGTH, description="A tag, ignoring case.")],
    owner: Annotated[str, Query("", max_length=150, description="Name of the owner.")],
    starred: Annotated[bool, Query(False, description="Only sessions with the user's star.")],
    stale: Annotated[bool, Query(False, description="Only sessions with stale results.")],
    order: Annotated[SessionOrder, Query(SessionOrder.UPDATED)],
    reverse: Annotated[bool, Query(False, description="In reverse order.")],
    saved_filter: Annotated[
        UUID | None,
        Query(
            None,
            alias="filter",
            description="Code of a saved filter, instead of the other filters and the order.",
        ),
    ],
    limit: Limit,
    cursor: Cursor,
) -> Page[Session]:
    search = SessionSearch(
        text=q,
        stage=stage or "",
        language=language,
        tag=tag,
        owner=owner,
        is_starred=starred,
        is_stale=stale,
        order=order,
        is_reversed=reverse,
    )
    if saved_filter is not None:
        found = get_object_or_404(
            visible_to(request.auth.user, models.SavedFilter.objects.all()), code=saved_filter
        )
        search = SearchForm(QueryDict(found.query)).search()
    rows = filter_sessions(request.auth.user, search, trashed=trashed)
    if name:
        rows = rows.filter(folded_name=fold_session_name(name))
    page, next_cursor = paginate(rows, order=search.sort_order, limit=limit, cursor=cursor)
    return Page(items=Session.show_all(request.auth.user, page), next=next_cursor)


@router.post(
    "/sessions",
    **write_endpoint(
        Session,
        status=201,
        errors=(409,),
        is_idempotent=True,
        operation_id="create_session",
        summary="Create an empty session",
        description="If the name is in use, a number is appended.",
    ),
)
@idempotent(status=201, location=lambda session: f"/api/v1/sessions/{session.code}")
def create_session(request: ApiRequest, body: NewSession) -> Session:
    name = body.name.strip() or _suggest(request, body.video_filename)
    session = create.create_session(owner=request.auth.user, name=name, now=timezone.now())
    return Session.of(session, NO_MARKS)


@router.get(
    "/sessions/suggested-name",
    **read_endpoint(
        SuggestedName,
        errors=(),
        operation_id="suggest_session_name",
        summary="Suggest an unused name for a new session",
    ),
)
def suggest_name(
    request: ApiRequest, video_filename: Annotated[str, Query("", max_length=1000)]
) -> SuggestedName:
    return SuggestedName(name=_suggest(request, video_filename))


@router.get(
    "/sessions/checked-name",
    **read_endpoint(
        CheckedName, operation_id="check_session_name", summary="Check whether a session can have a name"
    ),
)
def check_name(
    request: ApiRequest,
    name: Annotated[str, Query("", max_length=1000)],
    session: Annotated[UUID | None, Query(None, description="The session to rename; by default a new one.")],
) -> CheckedName:
    row = get_session_or_404(request.auth.user, session) if session else None
    owner_id = row.owner_id if row else request.auth.user.pk
    check = names.check_name(owner_id=owner_id, name=name, session=row)
    return CheckedName(
        name=check.name,
        is_usable=not check.code,
        code=check.code,
        message=check.message,
        free_name=check.free_name,
    )


def _suggest(request: ApiRequest, video_filename: str | None) -> str:
    return names.suggest_name(
        owner=request.auth.user, video_filename=video_filename or None, now=timezone.localtime()
    )


@router.get(
    "/sessions/{uuid:code}",
    **read_endpoint(
        Session,
        operation_id="get_session",
        summary="Get a session; its ETag is the number of the current version",
    ),
)
def get_session(request: ApiRequest, response: HttpResponse, code: UUID) -> Session:
    session = Session.show(request.auth.user, get_any_session_or_404(request.auth.user, code))
    response["ETag"] = f'"v{session.version}"'
    return session


@router.patch(
    "/sessions/{uuid:code}",
    **write_endpoint(
        Session,
        operation_id="rename_session",
        summary="Rename a session",
        description="Repeating it changes nothing. A name in use is refused with 409 `name_taken`.",
    ),
)
def rename_session(request: ApiRequest, code: UUID, body: NewName) -> Session:
    user = request.auth.user
    rename.rename_session(
        session=get_session_or_404(user, code, Action.MANAGE),
        name=body.name,
        user=user,
        now=timezone.now(),
        previous_name=body.previous_name,
    )
    return Session.show(user, get_session_or_404(user, code))


@router.delete(
    "/sessions/{uuid:code}",
    **write_endpoint(None, status=204, operation_id="trash_session", summary="Move a session to the trash"),
)
def trash_session(request: ApiRequest, code: UUID) -> Status[None]:
    trash.trash_sessions(
        sessions=[get_session_or_404(request.auth.user, code, Action.MANAGE)], now=timezone.now()
    )
    return Status(HTTPStatus.NO_CONTENT, None)


@router.post(
    "/sessions/{uuid:code}/untrash",
    **write_endpoint(
        Session,
        operation_id="untrash_session",
        summary="Restore a session from the trash",
        description="If its name is in use, a number is appended.",
    ),
)
def untrash_session(request: ApiRequest, code: UUID) -> Session:
    user = request.auth.user
    session = get_trashed_session_or_404(user, code, Action.MANAGE)
    trash.untrash_session(session=session, user=user, now=timezone.now())
    return Session.show(user, get_session_or_404(user, code))
