"""Versions of a session, as pages list them."""

from __future__ import annotations

from django.db.models import QuerySet

from sessions_app.models import DubbingSession, Version
from sessions_app.models.compiled_query import compiled_unprepared
from sessions_app.queries.keyset import KeysetPage, Order, Position, get_keyset_page

VERSIONS_PER_PAGE = 50
NEARBY_VERSIONS = 10
"""Versions on the page of a session."""
LIST_COLUMNS = (
    "session_id",
    "number",
    "created_at",
    "created_by__username",
    "original_author",
    "message",
    "restored_from",
    "changes",
    "left_out",
    "file_count",
    "stored_size",
)
"""Columns that lists of versions show."""
NEWEST_FIRST = Order(field="number", kind=int, is_descending=True)


def get_nearby_versions(session: DubbingSession, shown: Version) -> list[Version]:
    """Return the newest versions, newest first; around the shown one if it is older."""
    newest = None
    if session.current and shown.number <= session.current.number - NEARBY_VERSIONS:
        newest = shown.number + NEARBY_VERSIONS // 2
    return _find_nearby_versions(session, newest)


@compiled_unprepared
def _find_nearby_versions(session: DubbingSession, newest: int | None) -> QuerySet[Version]:
    rows = _list_versions(session.pk)
    if newest is not None:
        rows = rows.filter(number__lte=newest)
    return NEWEST_FIRST.sort(rows)[:NEARBY_VERSIONS]


def get_version_page(session: DubbingSession, position: Position) -> KeysetPage[Version]:
    """Return one page of the session's versions, newest first."""
    return get_keyset_page(
        _list_versions(session.pk), order=NEWEST_FIRST, size=VERSIONS_PER_PAGE, position=position
    )


def _list_versions(session_id: int) -> QuerySet[Version]:
    rows = Version.objects.filter(session_id=session_id)
    return rows.select_related("created_by").only(*LIST_COLUMNS)
