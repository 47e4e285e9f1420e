"""State that open pages poll: jobs of the user, and one session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Case, F, JSONField, OuterRef, Subquery, Value, When

from sessions_app.access import visible_to
from sessions_app.models import DubbingSession, Job, SessionChange

MAX_UNFINISHED = 20
MAX_ENDED = 10
ENDED_RECENTLY = timedelta(hours=12)
"""How long a job stays in the list after its end, for pages that are opened later."""
JOB_COLUMNS = (
    "code",
    "kind",
    "state",
    "params",
    "done_bytes",
    "total_bytes",
    "error_code",
    "error_message",
    "cancel_requested_at",
    "created_at",
    "started_at",
    "heartbeat_at",
    "finished_at",
    "session__code",
    "session__name",
    "session__trashed_at",
    "export__code",
    "export__expires_at",
    "export__removed_at",
)


class SessionState(NamedTuple):
    """What changes on the page of a session."""

    name: str
    last_updated: datetime
    has_unread_texts: bool
    has_unread_media: bool
    version: int | None
    saved_at: datetime | None
    username: str | None
    original_author: str | None
    texts_digest: str | None
    has_media_facts: bool | None
    latest_change: int | None
    """Of name or tags."""

    @property
    def saved_by(self) -> str:
        return self.username or self.original_author or ""

    @property
    def digest(self) -> str:
        """Changes with everything that the page of the session shows."""
        return _digest(
            self.name,
            self.last_updated,
            self.has_unread_texts,
            self.has_unread_media,
            self.version,
            self.texts_digest,
            self.has_media_facts,
            self.latest_change,
        )


def digest_session(session: DubbingSession, changes: Sequence[SessionChange]) -> str:
    """Return the digest of the state in which a session was read.

    :param changes: of its name and tags, the latest first.
    """
    current = session.current
    return _digest(
        session.name,
        session.last_updated,
        session.has_unread_texts,
        session.has_unread_media,
        current.number if current else None,
        current.texts_digest if current else None,
        current.has_media_facts if current else None,
        changes[0].pk if changes else None,
    )


def _digest(*values: object) -> str:
    return sha256(repr(values).encode()).hexdigest()[:16]


def get_current_jobs(user: AbstractBaseUser, *, now: datetime) -> list[Job]:
    """Return the user's running jobs, those that wait, and those that ended lately.

    Two indexes serve the two queries, whose costs do not depend on the number of jobs.
    """
    rows = visible_to(user, Job.objects.all()).select_related("session", "export").only(*JOB_COLUMNS)
    # The report of a preview may have thousands of files, and nothing here shows it.
    brief = Case(When(kind=Job.Kind.PREVIEW, then=Value({}, JSONField())), default=F("result"))
    rows = rows.annotate(brief_result=brief)
    unfinished = rows.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])
    ended = rows.filter(finished_at__gt=now - ENDED_RECENTLY)
    jobs = [
        *unfinished.order_by("-state", "created_at", "pk")[:MAX_UNFINISHED],
        *ended.order_by("-finished_at", "-pk")[:MAX_ENDED],
    ]
    for job in jobs:
        job.result = job.brief_result
    return jobs


def find_session_state(user: AbstractBaseUser, code: UUID) -> SessionState | None:
    """Return the state of a session.

    None if it is in the trash, or does not exist for the user.
    """
    changes = SessionChange.objects.filter(session=OuterRef("pk")).order_by("-pk").values("pk")
    rows: Any = visible_to(user, DubbingSession.objects.live().filter(code=code)).values_list(
        "name",
        "last_updated",
        "has_unread_texts",
        "has_unread_media",
        "current__number",
        "current__created_at",
        "current__created_by__username",
        "current__original_author",
        "current__texts_digest",
        "current__has_media_facts",
        Subquery(changes[:1]),
    )
    row = next(iter(rows), None)
    return SessionState(*row) if row else None
