"""Denormalized values of sessions, computed again from their current versions."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import prefetch_related_objects

from dubbing_core.progress import Stage
from sessions_app.models import DubbingSession
from sessions_app.models.session_language import fold_tags
from sessions_app.models.session_text import join_names


def find_wrong_sessions(sessions: Iterable[DubbingSession]) -> list[DubbingSession]:
    """Return the sessions with wrong columns, with the right ones set."""
    wrong = []
    for session in sessions:
        current = session.current
        right = (current.total_size, current.stage) if current else (0, Stage.EMPTY.value)
        if (session.total_size, session.stage) != right:
            session.total_size, session.stage = right
            wrong.append(session)
    return wrong


def find_wrong_search_rows(sessions: list[DubbingSession]) -> list[DubbingSession]:
    """Return the sessions with a wrong search text or wrong languages."""
    prefetch_related_objects(sessions, "text", "language_rows")
    return [
        session for session in sessions if not _is_text_right(session) or not _are_languages_right(session)
    ]


def _is_text_right(session: DubbingSession) -> bool:
    video_name = session.current.folded_video_name if session.current else ""
    text = getattr(session, "text", None)
    return text is not None and text.text == join_names(session.folded_name, video_name)


def _are_languages_right(session: DubbingSession) -> bool:
    tags = session.current.languages if session.current and not session.is_trashed else []
    present = {row.folded_tag: row.tag for row in session.language_rows.all()}
    return present == fold_tags(tags)
