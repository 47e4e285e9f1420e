"""Write the index of all sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sessions_app.models import BlobTimeline, DubbingSession
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.search.session_tokens import write_session_tokens
from sessions_app.operations.search.text_lines import write_text_lines


@dataclass(kw_only=True)
class RebuildReport:
    """Numbers of sessions, and of files whose lines were written."""

    sessions: int = 0
    texts: int = 0


def rebuild_search(
    *, everything: bool, on_session: Callable[[RebuildReport], None] = lambda _: None
) -> RebuildReport:
    """Write what is missing in the index, from texts that were read.

    It can be interrupted: what was written stays, and the next run writes the rest. Searches find what was written before.

    :param everything: write the lines again that are in the index already.
    :param on_session: is called after each session.
    """
    if everything:
        BlobTimeline.objects.exclude(search_version=0).update(search_version=0)
    report = RebuildReport()
    for session in _iterate_sessions():
        write_session_tokens(session)
        report.texts += write_text_lines(session)
        report.sessions += 1
        on_session(report)
    return report


def _iterate_sessions() -> Iterator[DubbingSession]:
    last = 0
    sessions = DubbingSession.objects.filter(deleted_at__isnull=True).select_related("owner").order_by("pk")
    while batch := list(sessions.filter(pk__gt=last)[:ROWS_PER_STATEMENT]):
        yield from batch
        last = batch[-1].pk
