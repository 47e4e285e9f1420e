"""Last access of a session."""

from __future__ import annotations

from datetime import datetime, timedelta

from sessions_app.models import DubbingSession

MIN_INTERVAL = timedelta(minutes=1)
"""A player, or a resumed download, requests many ranges: they are one access, and a write makes each wait for the disk."""


def record_access(*, session: DubbingSession, now: datetime) -> None:
    """Record that a user opened the session, at most once per interval."""
    if now - session.last_accessed >= MIN_INTERVAL:
        session.touch(now=now)
