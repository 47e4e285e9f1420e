"""Denormalized values of sessions, computed again from their current versions."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import prefetch_related_objects

from dubbing_core.progress import Stage
from sessions_app.models import Derivative, DubbingSession, Version
from sessions_app.models.session_language import fold_tags
from sessions_app.models.session_text import join_names
from sessions_app.queries.media import get_durations

SESSION_FIELDS = ("total_size", "stage", "has_stale", "duration_ms", "derived_size")


def find_wrong_sessions(sessions: Collection[DubbingSession]) -> list[DubbingSession]:
    """Return the sessions with wrong columns, with the right ones set."""
    ids = [session.pk for session in sessions]
    durations, derived = get_durations(ids), Derivative.objects.get_sizes(ids)
    wrong = []
    for session in sessions:
        right = [
            *_compute_values(session.current, durations.get(session.pk, 0)),
            derived[session.pk],
        ]
        if [getattr(session, name) for name in SESSION_FIELDS] != right:
            for name, value in zip(SESSION_FIELDS, right, strict=True):
                setattr(session, name, value)
            wrong.append(session)
    return wrong


def _compute_values(current: Version | None, duration_ms: int) -> list[object]:
    """Return the values of `SESSION_FIELDS`."""
    if current is None:
        return [0, Stage.EMPTY.value, False, 0]
    return [current.total_size, current.stage, current.has_stale, duration_ms]


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
