"""Lists of jobs."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from sessions_app.access import visible_to
from sessions_app.models import DubbingSession, Job
from sessions_app.queries.keyset import KeysetPage, Order, Position, get_keyset_page

PAGE_SIZE = 25
RECENT_JOBS = 10
NEWEST_FIRST = Order(field="created_at", kind=datetime, is_descending=True)


def get_job_page(user: AbstractBaseUser, position: Position) -> KeysetPage[Job]:
    """Return one page of the jobs that the user may see, newest first."""
    rows = visible_to(user, Job.objects.all()).select_related("session", "export")
    return get_keyset_page(rows, order=NEWEST_FIRST, size=PAGE_SIZE, position=position)


def get_recent_jobs(user: AbstractBaseUser, session: DubbingSession) -> list[Job]:
    """Return the latest jobs of a session, newest first."""
    rows = visible_to(user, Job.objects.filter(session=session))
    return list(NEWEST_FIRST.sort(rows)[:RECENT_JOBS])


def count_unfinished_jobs(user: AbstractBaseUser | AnonymousUser) -> int:
    """Return the number of waiting and running jobs that the user may see."""
    return visible_to(user, Job.objects.unfinished()).count()
