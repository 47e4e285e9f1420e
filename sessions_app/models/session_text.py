"""Texts by which sessions are found, with an index of their trigrams.

One interface for both databases (docs/decisions/0026-denormalized-values-and-search.md): FTS5 on SQLite, a GIN index of arrays on PostgreSQL. Migration 0012
creates the indexes; the databases maintain them with the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, models
from django.db.models.expressions import RawSQL

from sessions_app.models.statements import select

if TYPE_CHECKING:
    from collections.abc import Collection

OWNER_SHIFT = 32
"""The key is owner << 32 | session, so that each owner's texts are adjacent in table and index."""
_MAX_ID = 2**63 - 1
MIN_INDEXED = 3
"""Length of the shortest indexed text. For a shorter one the texts of the owner are read, 70 bytes each."""
SEPARATOR = "\n"
"""Between name and video name; neither contains it."""


def join_names(folded_name: str, folded_video_name: str) -> str:
    """Return the text of a session."""
    return f"{folded_name}{SEPARATOR}{folded_video_name}"


class SessionTextQuerySet(models.QuerySet["SessionText"]):
    def write(self, *, session_id: int, owner_id: int, text: str) -> None:
        """Write the text of a session, in the transaction that changes its names."""
        key = owner_id << OWNER_SHIFT | session_id
        # The text of most versions is that of their parent; an update would write its trigrams again.
        if select(_TEXT, [key]) != [(text,)]:
            self.update_or_create(pk=key, defaults={"session_id": session_id, "text": text})


class SessionText(models.Model):
    """Name and video name of a session, in the form used for comparison."""

    id = models.BigIntegerField(primary_key=True)
    session = models.OneToOneField(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="text"
    )
    text = models.TextField()

    objects = SessionTextQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text.partition(SEPARATOR)[0]


def find_sessions_with_text(folded: str, owner_ids: Collection[int]) -> models.Q:
    """Return the condition that a session's name or video name contains a text.

    :param owner_ids: owners of the sessions.
    """
    condition = models.Q(pk__in=[])
    for owner_id in owner_ids:
        condition |= models.Q(pk__in=select_sessions_with_text(folded, owner_id))
    return condition


def list_sessions_with_text(folded: str, owner_ids: Collection[int], *, limit: int) -> list[int]:
    """Return the keys of sessions with a name that contains a text, in no order.

    The session's or the video's.

    :param owner_ids: owners of the sessions.
    """
    parts = [select_sessions_with_text(folded, owner_id) for owner_id in owner_ids]
    if not parts:
        return []
    statement = " UNION ALL ".join(part.sql for part in parts)
    parameters = [parameter for part in parts for parameter in part.params]
    return [key for (key,) in select(f"SELECT * FROM ({statement}) AS found LIMIT {limit:d}", parameters)]  # noqa: S608 (constants of this code)


def find_all_sessions_with_text(folded: str) -> models.Q:
    """Return the same condition for the sessions of all owners.

    Searching for less than three characters reads all texts.
    """
    if connection.vendor == "postgresql" and len(folded) >= MIN_INDEXED:
        trigrams = [folded[start : start + 3] for start in range(len(folded) - 2)]
        found = RawSQL(_GIN_CONTAINS_OF_ALL, [trigrams, _pattern_of(folded)])  # noqa: S611 (constants of this code)
        return models.Q(pk__in=found)
    return models.Q(pk__in=_ids_in_range(folded, 0, _MAX_ID))


def select_sessions_with_text(folded: str, owner_id: int) -> RawSQL:
    """Return a subquery of the sessions of an owner with such a name."""
    if connection.vendor == "postgresql" and len(folded) >= MIN_INDEXED:
        return RawSQL(_GIN_CONTAINS, [owner_id, folded, _pattern_of(folded)])  # noqa: S611 (constants of this code)
    return _ids_in_range(folded, owner_id << OWNER_SHIFT, (owner_id + 1 << OWNER_SHIFT) - 1)


def _ids_in_range(folded: str, first: int, last: int) -> RawSQL:
    if len(folded) < MIN_INDEXED:
        return RawSQL(_CONTAINS, [first, last, _pattern_of(folded)])  # noqa: S611 (constants of this code)
    # A phrase of its trigrams, and thus the text itself. Quotes are doubled inside of a phrase.
    phrase = '"' + folded.replace('"', '""') + '"'
    return RawSQL(_FTS_CONTAINS, [phrase, first, last])  # noqa: S611 (constants of this code)


def _pattern_of(folded: str) -> str:
    return f"%{connection.ops.prep_for_like_query(folded)}%"


_TEXT = "SELECT text FROM sessions_app_sessiontext WHERE id = %s"
_CONTAINS = """
SELECT session_id FROM sessions_app_sessiontext WHERE id BETWEEN %s AND %s AND text LIKE %s ESCAPE '\\'
"""
_FTS_CONTAINS = """
SELECT rowid & 4294967295 FROM sessions_app_sessiontext_trigrams
WHERE sessions_app_sessiontext_trigrams MATCH %s AND rowid BETWEEN %s AND %s
"""
_GIN_CONTAINS = """
SELECT session_id FROM sessions_app_sessiontext
WHERE sessions_app_trigrams(id, text) @> sessions_app_trigrams(%s::bigint << 32, %s) AND text LIKE %s
"""
_GIN_CONTAINS_OF_ALL = """
SELECT session_id FROM sessions_app_sessiontext
WHERE sessions_app_trigrams(id, text) @> %s::text[] AND text LIKE %s
"""
