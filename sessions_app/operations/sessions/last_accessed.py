"""Last access of a session."""

from __future__ import annotations

from datetime import datetime, timedelta

from sessions_app.models import DubbingSession
from sessions_app.operations.database_errors import unless_disk_full

MIN_INTERVAL = timedelta(minutes=1)
"""A player, or a resumed download, requests many ranges: they are one access, and a write makes each wait for the disk."""


def record_access(*, session: DubbingSession, now: datetime) -> None:
    """Record that a user opened the session, at most once per interval."""
    if now - session.last_accessed >= MIN_INTERVAL:
        touch_session(session, now=now)


def touch_session(session: DubbingSession, *, now: datetime) -> None:
    """Record that a user opened the session, unless the disk is full."""
    with unless_disk_full():
        session.touch(now=now)
