"""Sessions as a whole: made, put into the trash, taken out again, gone for good."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from dubbing_core.session_names import (
    SessionNameError,
    find_free_name,
    fold_session_name,
    generate_session_name,
    normalize_session_name,
)
from sessions_app.models import DubbingSession, Export
from sessions_app.operations.errors import BadInputError
from sessions_app.storage import get_store

NAME_TRIES = 5
NOTED_EVERY = timedelta(minutes=1)
"""A player, or a download that resumes, asks for many ranges: they are one opening, and a write keeps each waiting for the disk."""


def suggest_name(*, owner: AbstractBaseUser, video_filename: str | None, now: datetime) -> str:
    """Return an automatic name that is free."""
    return find_free_name(generate_session_name(video_filename, now), taken_names(owner.pk))


def taken_names(owner_id: int) -> set[str]:
    """Return the folded names of the owner's sessions outside the trash."""
    return set(DubbingSession.objects.filter(owner_id=owner_id).live().values_list("folded_name", flat=True))


def create(*, owner: AbstractBaseUser, name: str, now: datetime) -> DubbingSession:
    """Make an empty session, under a free name where ``name`` is taken: nothing is ever overwritten.

    :raises BadInputError: the name cannot be used.
    """
    try:
        wanted = normalize_session_name(name)
    except SessionNameError as error:
        raise BadInputError(str(error), code=error.code) from error
    for _ in range(NAME_TRIES):
        free = find_free_name(wanted, taken_names(owner.pk))
        try:
            with transaction.atomic():
                return DubbingSession.objects.create(
                    owner_id=owner.pk,
                    name=free,
                    folded_name=fold_session_name(free),
                    created_at=now,
                    last_updated=now,
                    last_accessed=now,
                )
        except IntegrityError:
            continue  # somebody took the name between our look and our write
    raise BadInputError("This name is taken again and again. Choose another one.", code="name_taken")


def note_opening(*, session: DubbingSession, now: datetime) -> None:
    """Remember that somebody opened the session, unless that was noted lately."""
    if now - session.last_accessed >= NOTED_EVERY:
        session.touch(now=now)


def trash(*, sessions: Iterable[DubbingSession], now: datetime) -> int:
    """Move sessions to the trash; return how many were not there before."""
    return sum(session.trash(now=now) for session in sessions)


def untrash(*, session: DubbingSession) -> DubbingSession:
    """Take a session out of the trash, under a free name where its own was taken meanwhile."""
    for _ in range(NAME_TRIES):
        free = find_free_name(session.name, taken_names(session.owner_id))
        try:
            with transaction.atomic():
                DubbingSession.objects.filter(pk=session.pk, trashed_at__isnull=False).update(
                    trashed_at=None, name=free, folded_name=fold_session_name(free)
                )
        except IntegrityError:
            continue
        session.refresh_from_db()
        return session
    raise BadInputError(
        "This name is taken again and again. Rename the other session first.", code="name_taken"
    )


def purge(*, session: DubbingSession) -> int:
    """Delete a trashed session for good; return the bytes of its exports. Its blobs wait for garbage collection.

    A session that was restored meanwhile stays. Rows go first: bytes without a row are swept sooner or later.
    """
    with transaction.atomic():
        row = DubbingSession.objects.select_for_update().trashed().filter(pk=session.pk).first()
        if row is None:
            return 0
        exports = Export.objects.filter(version__session=row, removed_at__isnull=True)
        sizes = dict(exports.values_list("key", "size"))
        row.delete()
    store = get_store()
    for key in sizes:
        store.delete(key)
    return sum(sizes.values())
