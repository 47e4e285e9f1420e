"""Trash: move sessions into it and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from dubbing_core.sentences import sentence
from dubbing_core.session_names import fold_session_name
from sessions_app.models import DubbingSession
from sessions_app.models.bulk import select_numbers
from sessions_app.models.session import DubbingSessionQuerySet
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.sessions.names import MAX_NAME_TRIES, find_free_session_name
from sessions_app.operations.sessions.rename import record_name


def trash_sessions(*, sessions: Iterable[DubbingSession], now: datetime) -> int:
    """Move sessions to the trash; return how many were not there before.

    All have the same time, by which `get_trashed_together` finds them.
    """
    keys = [session.pk for session in sessions]
    return DubbingSession.objects.filter(pk__in=select_numbers(keys)).trash(now=now)


def get_trashed_together(*, moment: datetime) -> DubbingSessionQuerySet:
    """Return the sessions that were moved to the trash at a time and are there."""
    return DubbingSession.objects.filter(trashed_at=moment).trashed().order_by("pk")


def untrash_session(*, session: DubbingSession, user: AbstractBaseUser, now: datetime) -> DubbingSession:
    """Restore a session from the trash; a number is appended to a name that is in use.

    :param user: who restores it.
    :raises BadInputError: concurrent requests took every free name.
    :raises NotAllowedError: `deleted`, it was deleted permanently in the meantime.
    """
    for _ in range(MAX_NAME_TRIES):
        previous = session.name
        free = find_free_session_name(session.owner_id, previous)
        try:
            with transaction.atomic():
                if session.untrash(name=free, folded_name=fold_session_name(free)) and free != previous:
                    record_name(session, previous, user=user, now=now)
        except IntegrityError:
            continue
        session.refresh_from_db()
        if session.deleted_at is not None:
            raise NotAllowedError(
                sentence("“%(name)s” was deleted permanently.", name=session.name), code="deleted"
            )
        return session
    raise BadInputError(sentence("This name is taken. Rename the other session first."), code="name_taken")
