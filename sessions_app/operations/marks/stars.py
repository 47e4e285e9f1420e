"""Stars of users on sessions."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser

from sessions_app.models import DubbingSession, Star
from sessions_app.models.bulk import ROWS_PER_STATEMENT


def set_star(*, user: AbstractBaseUser, session: DubbingSession, is_starred: bool) -> None:
    """Set or remove the user's star on a session. Repeating it changes nothing."""
    if is_starred:
        Star.objects.bulk_create([Star(user_id=user.pk, session=session)], ignore_conflicts=True)
    else:
        Star.objects.filter(user_id=user.pk, session=session).delete()


def set_stars(*, user: AbstractBaseUser, sessions: Iterable[DubbingSession]) -> None:
    """Set the user's star on sessions."""
    rows = [Star(user_id=user.pk, session=session) for session in sessions]
    Star.objects.bulk_create(rows, ROWS_PER_STATEMENT, ignore_conflicts=True)
