"""Lists of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Count, QuerySet, Sum

from sessions_app.access import visible_among, visible_to
from sessions_app.models import DubbingSession, Job, Worker
from sessions_app.models.compiled_query import compiled
from sessions_app.queries.keyset import KeysetPage, Order, Position, get_keyset_page

PAGE_SIZE = 25
RECENT_JOBS = 10
NEWEST_FIRST = Order(field="created_at", kind=datetime, is_descending=True)


def get_job_page(
    user: AbstractBaseUser, position: Position, *, states: Sequence[str] = (), kind: str = ""
) -> KeysetPage[Job]:
    """Return one page of the jobs that the user may see, newest first.

    :param states: only jobs in one of them.
    """
    rows = visible_to(user, Job.objects.all()).select_related("session__current", "export")
    rows = rows.defer("session__current__document", "session__current__texts")
    if states:
        rows = rows.filter(state__in=states)
    if kind:
        rows = rows.filter(kind=kind)
    return get_keyset_page(rows, order=NEWEST_FIRST, size=PAGE_SIZE, position=position)


def get_recent_jobs(user: AbstractBaseUser, session: DubbingSession) -> list[Job]:
    """Return the latest jobs of a session, newest first."""
    jobs = _find_recent_jobs(user, session)
    for job in jobs:
        job.session = session
    return jobs


@compiled
def _find_recent_jobs(user: AbstractBaseUser, session: DubbingSession) -> QuerySet[Job]:
    rows = visible_among(user, Job.objects.filter(session_id=session.pk)).select_related("owner")
    return NEWEST_FIRST.sort(rows)[:RECENT_JOBS]


@dataclass(frozen=True)
class Unfinished:
    """Waiting and running jobs of a user."""

    count: int
    done: int
    """Bytes."""
    total: int

    @property
    def percent(self) -> int:
        return min(99, 100 * self.done // self.total) if self.total else 0


def summarize_unfinished_jobs(user: AbstractBaseUser | AnonymousUser) -> Unfinished:
    """Return number and progress of the unfinished jobs that the user may see."""
    sums = _sum_unfinished_jobs(user) if isinstance(user, AbstractBaseUser) else []
    return Unfinished(*(sums[0] if sums else (0, 0, 0)))


@compiled
def _sum_unfinished_jobs(user: AbstractBaseUser) -> QuerySet[Job, tuple[int, int, int]]:
    return (
        visible_to(user, Job.objects.unfinished())
        .order_by()
        .values("owner")
        .annotate(count=Count("pk"), done=Sum("done_bytes"), total=Sum("total_bytes"))
        .values_list("count", "done", "total")
    )


def has_waiting_job(user: AbstractBaseUser) -> bool:
    return visible_to(user, Job.objects.filter(state=Job.State.QUEUED)).exists()


def has_worker(*, now: datetime) -> bool:
    """Return whether a worker runs that will start waiting jobs."""
    return Worker.objects.running(now=now).exists()
