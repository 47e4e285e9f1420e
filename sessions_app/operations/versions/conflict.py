"""Conflicts: another user saved a version in the meantime."""

from __future__ import annotations

from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import ConflictError


def describe_conflict(session: DubbingSession) -> ConflictError:
    """Return the error, with author, number and message of the current version."""
    current = Version.objects.select_related("created_by").filter(pk=session.current_id or 0).first()
    if current is None:
        return ConflictError("This session has no version yet. Load its page again, then save.", current=0)
    author = current.saved_by or "Another user"
    message = f" (“{current.message}”)" if current.message else ""
    return ConflictError(
        f"{author} saved version {current.number}{message} at {current.created_at:%Y-%m-%d %H:%M} UTC while you were working."
        f" Your uploaded files are still stored: review version {current.number}, then save on top of it.",
        current=current.number,
    )
