"""Sessions that are found by a condition: their keys if they are few.

A page needs the condition twice, for its rows and for their number, and databases do not know how many sessions it finds: few are read by
key, of many a page is full soon.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from sessions_app.models import DubbingSession, SessionTag, Star
from sessions_app.queries.listed_values import IsListedNumber

MAX_KEYS = 2000
"""Sessions whose keys are read; if more are found, the database compares each session of the list."""


KeyFilter = Callable[[frozenset[int]], frozenset[int]]
"""Returns the keys of found sessions among others."""


@dataclass(frozen=True)
class FoundSessions:
    """The keys of sessions, or a condition if there are many."""

    keys: frozenset[int] | None
    many: Q | None = None
    key_filter: KeyFilter | None = None
    """Replaces the condition where it is compared with few sessions."""

    @property
    def condition(self) -> Q:
        if self.many is not None:
            return self.many
        return Q(IsListedNumber("pk", sorted(self.keys))) if self.keys else Q(pk__in=())

    def __or__(self, other: FoundSessions) -> FoundSessions:
        if self.keys is None or other.keys is None:
            condition = self.condition | other.condition
            return FoundSessions(
                None, condition, lambda keys: self.filter_keys(keys) | other.filter_keys(keys)
            )
        return FoundSessions(self.keys | other.keys)

    def __and__(self, other: FoundSessions) -> FoundSessions:
        if self.keys is not None:
            return FoundSessions(other.filter_keys(self.keys))
        if other.keys is not None:
            return FoundSessions(self.filter_keys(other.keys))
        condition = self.condition & other.condition
        return FoundSessions(None, condition, lambda keys: other.filter_keys(self.filter_keys(keys)))

    def filter_keys(self, keys: frozenset[int]) -> frozenset[int]:
        """Return those of the sessions that are found."""
        if not keys:
            return keys
        if self.keys is not None:
            return self.keys & keys
        if self.key_filter is not None:
            return self.key_filter(keys)
        condition = self.condition & FoundSessions(keys).condition
        return frozenset(DubbingSession.objects.filter(condition).values_list("pk", flat=True))


def find_sessions_of(rows: QuerySet[Any, Any]) -> FoundSessions:
    """Return the sessions of other rows, by their column `session`.

    The rows are selected by owner, such as those of a language.
    """
    keys = _read_keys(rows)
    return FoundSessions(keys, None if keys is not None else Q(pk__in=rows.values("session")))


def find_marked_sessions(marks: QuerySet[SessionTag] | QuerySet[Star]) -> FoundSessions:
    """Return the sessions with a tag or star."""
    keys = _read_keys(marks)
    return FoundSessions(keys, None if keys is not None else _is_among(marks))


def _read_keys(rows: QuerySet[Any, Any]) -> frozenset[int] | None:
    keys = list(rows.values_list("session", flat=True)[: MAX_KEYS + 1])
    return frozenset(keys) if len(keys) <= MAX_KEYS else None


def _is_among(rows: QuerySet[Any, Any]) -> Q:
    found = rows.values("session")
    if connection.vendor != "postgresql":
        return Q(pk__in=found)
    # PostgreSQL would read all sessions of the marks, which do not contain the owner, and sort them. What has an OFFSET is compared
    # with one session after the other, until the page is full.
    statement, parameters = found.query.sql_with_params()
    among = f"""EXISTS (
        SELECT FROM ({statement}) AS found(id) WHERE found.id = sessions_app_dubbingsession.id OFFSET 0
    )"""
    return Q(RawSQL(among, parameters, BooleanField()))  # noqa: S611 (compiled by Django; its values are parameters)
