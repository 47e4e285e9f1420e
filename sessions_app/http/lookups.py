"""Lookups of rows by code, among those that the user may see.

A row that the user may not see is a 404, like a missing one; one that they see but may not use for the action is a 403.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from dubbing_core.sentences import sentence
from sessions_app.access import Action, require, visible_to
from sessions_app.models import AccessToken, DubbingSession, Export, Job, Share, Upload, Version
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.models.compiled_query import compiled
from sessions_app.models.session import DubbingSessionQuerySet
from sessions_app.operations.errors import BadInputError

Row = TypeVar("Row", bound=Model)
DOWNLOAD_FIELDS = (
    "number",
    "created_at",
    "message",
    "fingerprint",
    "texts_digest",
    "stage",
    "file_count",
    *(f"session__{field}" for field in ("code", "owner", "name", "last_accessed", "deleted_at")),
)


def parse_uuid(text: str) -> UUID | None:
    """Return the code in a parameter; None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def get_session_or_404(user: User, code: UUID, action: Action = Action.VIEW) -> DubbingSession:
    """Return a session that is not in the trash."""
    return _get_first(user, _find_live_sessions(user, code), action)


def get_documented_session_or_404(user: User, code: UUID, action: Action = Action.VIEW) -> DubbingSession:
    """Return a session with the document of its current version."""
    session = _get_first(user, _find_documented_sessions(user, code), action)
    if session.current is not None:
        session.current.session = session
    return session


def get_any_session_or_404(user: User, code: UUID, action: Action = Action.VIEW) -> DubbingSession:
    """Return a session, whether in the trash or not."""
    return _get(user, _sessions(), code, action)


def get_trashed_session_or_404(user: User, code: UUID, action: Action = Action.VIEW) -> DubbingSession:
    return _get(user, DubbingSession.objects.trashed(), code, action)


def get_sessions_or_404(
    user: User, codes: Sequence[UUID], action: Action = Action.VIEW
) -> list[DubbingSession]:
    """Return sessions that are not in the trash in the given order.

    :raises Http404: one of them is in the trash, or none that the user may see.
    """
    return _get_all(user, _sessions().live(), codes, action)


def get_trashed_sessions_or_404(
    user: User, codes: Sequence[UUID], action: Action = Action.VIEW
) -> list[DubbingSession]:
    """Return sessions in the trash in the given order.

    :raises Http404: one of them is not in the trash.
    """
    return _get_all(user, _sessions().trashed(), codes, action)


def _get_all(
    user: User, rows: DubbingSessionQuerySet, codes: Sequence[UUID], action: Action
) -> list[DubbingSession]:
    by_code: dict[UUID, DubbingSession] = {}
    for start in range(0, len(codes), ROWS_PER_STATEMENT):
        found = visible_to(user, rows.filter(code__in=codes[start : start + ROWS_PER_STATEMENT]))
        by_code |= {session.code: session for session in found}
    if not by_code.keys() >= set(codes):
        raise Http404
    for session in by_code.values():
        require(user, action, session)
    return [by_code[code] for code in dict.fromkeys(codes)]


def _sessions() -> DubbingSessionQuerySet:
    # A document can have megabytes and is rarely used: it is loaded on access.
    return DubbingSession.objects.select_related("current").defer(
        "current__document", "current__texts", "current__input_history"
    )


def get_version_or_404(user: User, code: UUID, number: int, action: Action = Action.VIEW) -> Version:
    """Return a version of a session that is not in the trash.

    Its document is loaded on access.
    """
    return _get_first(user, _find_versions(user, code, number), action)


def get_download_or_404(user: User, code: UUID, number: int) -> Version:
    """Return a version for a download of its ZIP, as `get_version_or_404` does.

    Only columns that each request needs are loaded: a client that downloads in ranges sends many.
    """
    return _get_first(user, _find_downloads(user, code, number), Action.VIEW)


@compiled
def _find_live_sessions(user: User, code: UUID) -> QuerySet[DubbingSession]:
    return visible_to(user, _sessions().live()).filter(code=code)


@compiled
def _find_documented_sessions(user: User, code: UUID) -> QuerySet[DubbingSession]:
    return visible_to(user, DubbingSession.objects.live().select_related("current")).filter(code=code)


@compiled
def _find_versions(user: User, code: UUID, number: int) -> QuerySet[Version]:
    rows = Version.objects.select_related("session", "created_by").defer("document", "texts")
    return visible_to(user, _select_version(rows, code, number))


@compiled
def _find_downloads(user: User, code: UUID, number: int) -> QuerySet[Version]:
    rows = Version.objects.select_related("session").only("session_id", *DOWNLOAD_FIELDS)
    return visible_to(user, _select_version(rows, code, number))


@compiled
def _find_jobs(user: User, code: UUID) -> QuerySet[Job]:
    rows = Job.objects.select_related("session__current")
    rows = rows.defer("session__current__document", "session__current__texts")
    return visible_to(user, rows.filter(code=code))


@compiled
def _find_uploads(user: User, codes: list[UUID]) -> QuerySet[Upload]:
    return visible_to(user, Upload.objects.filter(code__in=codes))


def _select_version(rows: QuerySet[Version], code: UUID, number: int) -> QuerySet[Version]:
    return rows.filter(session__code=code, session__trashed_at__isnull=True, number=number)


def get_job_or_404(user: User, code: UUID, action: Action = Action.VIEW) -> Job:
    return _get_first(user, _find_jobs(user, code), action)


def get_export_or_404(user: User, code: UUID, action: Action = Action.VIEW) -> Export:
    """Return an export of a session that is not in the trash."""
    exports = (
        Export.objects.live().select_related("version__session").defer("version__document", "version__texts")
    )
    return _get(user, exports, code, action)


def get_share_or_404(user: User, code: UUID, action: Action = Action.VIEW) -> Share:
    return _get(user, Share.objects.select_related("export"), code, action)


def get_token_or_404(user: User, code: UUID, action: Action = Action.VIEW) -> AccessToken:
    return _get(user, AccessToken.objects.all(), code, action)


def get_upload_or_404(user: User, code: UUID, action: Action = Action.VIEW) -> Upload:
    return _get_first(user, _find_uploads(user, [code]), action)


def get_uploads_or_404(user: User, codes: Sequence[UUID], action: Action = Action.VIEW) -> list[Upload]:
    """Return the uploads in the given order.

    :raises BadInputError: a code occurs twice.
    :raises Http404: one of them does not exist.
    """
    if len(set(codes)) != len(codes):
        raise BadInputError(sentence("An upload is named twice."), code="bad_field")
    by_code: dict[UUID, Upload] = {}
    for start in range(0, len(codes), ROWS_PER_STATEMENT):
        rows = _find_uploads(user, list(codes[start : start + ROWS_PER_STATEMENT]))
        by_code |= {upload.code: upload for upload in rows}
    if len(by_code) != len(codes):
        raise Http404
    for upload in by_code.values():
        require(user, action, upload)
    return [by_code[code] for code in codes]


def _get_first(user: User, rows: Sequence[Row], action: Action) -> Row:
    if not rows:
        raise Http404
    require(user, action, rows[0])
    return rows[0]


def _get(user: User, rows: QuerySet[Row], code: UUID, action: Action) -> Row:
    row = get_object_or_404(visible_to(user, rows), code=code)
    require(user, action, row)
    return row
