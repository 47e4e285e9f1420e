"""Sessions that are found by a condition: their keys if they are few.

A page needs the condition twice, for its rows and for their number, and databases do not know how many sessions it finds: few are read by
key, of many a page is full soon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from sessions_app.models import DubbingSession
from sessions_app.models.bulk import select_numbers

MAX_KEYS = 2000
"""Sessions whose keys are read; if more are found, the database compares each session of the list."""
BOOLEAN = BooleanField()


@dataclass(frozen=True)
class FoundSessions:
    """The keys of sessions, or a condition if there are many."""

    keys: frozenset[int] | None
    many: Q | None = None

    @property
    def condition(self) -> Q:
        if self.many is not None:
            return self.many
        return Q(pk__in=select_numbers(sorted(self.keys)) if self.keys else ())

    def __or__(self, other: FoundSessions) -> FoundSessions:
        if self.keys is None or other.keys is None:
            return FoundSessions(None, self.condition | other.condition)
        return FoundSessions(self.keys | other.keys)

    def __and__(self, other: FoundSessions) -> FoundSessions:
        if self.keys is not None and other.keys is not None:
            return FoundSessions(self.keys & other.keys)
        condition = self.condition & other.condition
        if self.keys is None and other.keys is None:
            return FoundSessions(None, condition)
        return FoundSessions(frozenset(DubbingSession.objects.filter(condition).values_list("pk", flat=True)))


def find_sessions_of(rows: QuerySet[Any, Any]) -> FoundSessions:
    """Return the sessions of other rows, such as those of a tag, by their column `session`."""
    keys = list(rows.values_list("session", flat=True)[: MAX_KEYS + 1])
    return FoundSessions(None, _is_among(rows)) if len(keys) > MAX_KEYS else FoundSessions(frozenset(keys))


def _is_among(rows: QuerySet[Any, Any]) -> Q:
    found = rows.values("session")
    if connection.vendor != "postgresql":
        return Q(pk__in=found)
    # PostgreSQL would read all sessions of the rows and sort them. What has an OFFSET is compared with each session instead.
    statement, parameters = found.query.sql_with_params()
    among = f"""EXISTS (
        SELECT FROM ({statement}) AS found(id) WHERE found.id = sessions_app_dubbingsession.id OFFSET 0
    )"""
    return Q(RawSQL(among, parameters, BOOLEAN))  # noqa: S611 (constants of this code)
