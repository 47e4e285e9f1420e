"""Renaming of sessions."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from dubbing_core.sentences import sentence
from dubbing_core.session_names import fold_session_name
from sessions_app.models import DubbingSession, SessionChange
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.sessions.names import check_name, normalize_name
from sessions_app.queue import enqueue_reading


def rename_session(
    *,
    session: DubbingSession,
    name: str,
    user: AbstractBaseUser,
    now: datetime,
    previous_name: str | None = None,
) -> DubbingSession:
    """Give a session another name. Repeating it changes nothing.

    :param user: who renames it.
    :param previous_name: the name that the caller knows; by default any.
    :raises BadInputError: the name cannot be used.
    :raises NotAllowedError: `name_taken`, another session has it; `renamed`, the session has another name than
        ``previous_name``; `deleted`, it was moved to the trash in the meantime.
    """
    name = normalize_name(name)
    if session.name == name:
        return session
    if previous_name is not None and session.name != previous_name:
        raise _renamed(session)
    check = check_name(owner_id=session.owner_id, name=name, session=session)
    try:
        is_done = not check.code and _rename(session, name=name, user=user, now=now)
    except IntegrityError:  # a concurrent request took the name
        check = check_name(owner_id=session.owner_id, name=name, session=session)
        is_done = False
    if check.code:
        raise NotAllowedError(check.message, code=check.code)
    if not is_done:
        session.refresh_from_db()
        if session.is_trashed:
            raise NotAllowedError(
                sentence("“%(name)s” was moved to the trash. Restore it first.", name=session.name),
                code="deleted",
            )
        if session.name != name:
            raise _renamed(session)
    enqueue_reading(session.pk)
    return session


@transaction.atomic
def _rename(session: DubbingSession, *, name: str, user: AbstractBaseUser, now: datetime) -> bool:
    """Rename the session and record it; return whether it still had its name."""
    previous = session.name
    is_done = session.rename(name=name, folded_name=fold_session_name(name), previous_name=previous)
    if is_done:
        record_name(session, previous, user=user, now=now)
    return is_done


def record_name(session: DubbingSession, previous: str, *, user: AbstractBaseUser, now: datetime) -> None:
    """Record for the session's activity that it had another name."""
    SessionChange.objects.create(
        session=session,
        kind=SessionChange.Kind.RENAMED,
        changed_by_id=user.pk,
        changed_at=now,
        previous_name=previous,
        name=session.name,
    )


def _renamed(session: DubbingSession) -> NotAllowedError:
    return NotAllowedError(
        sentence(
            "The session was renamed to “%(name)s” in the meantime. Rename it again if that is not "
            "what you want.",
            name=session.name,
        ),
        code="renamed",
    )
