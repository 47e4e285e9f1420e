"""Search in everything that a user may see.

A session is found by what is known about it, or by a line of a text in its current version. Both contain all terms of the query;
the name of a language also stands for the lines in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from dubbing_core.search.query import Query, parse_query
from dubbing_core.session_names import fold_session_name
from sessions_app.access import visible_owners
from sessions_app.models import DubbingSession
from sessions_app.models.bulk import select_numbers
from sessions_app.models.compiled_query import compiled
from sessions_app.models.session_text import select_sessions_with_text
from sessions_app.models.session_tokens import select_sessions_by_tokens
from sessions_app.queries.keyset import KeysetPage, Position, fetch_keyset_page
from sessions_app.queries.search_languages import LineQuery, read_language
from sessions_app.queries.search_lines import BOOLEAN, FoundPlaces, LineHits, find_places, list_files
from sessions_app.queries.sessions import (
    ORDERS,
    SessionOrder,
    get_live_sessions,
    get_session_languages,
    remove_controls,
)

COLUMNS = (
    *("pk", "code", "name", "last_updated"),
    *(f"current__{name}" for name in ("number", "video_name", "language_tags")),
)
"""Those of `MatchingSession`."""
MAX_QUERY = 200
"""In characters."""
NEWEST_FIRST = ORDERS[SessionOrder.UPDATED]
MAX_HITS = 20_000
"""Chunks that are looked up among those of all users, of which frequent words have a third. If more match, the user's sessions are
searched one after another instead."""
MAX_KNOWN = 2000
"""Sessions found without their lines that are compared one by one; if there are more, by the database."""
GROWTH = 2
START = Position()


ANY = RawSQL("1 = 1", (), BOOLEAN)
NONE = "1 = 0"


class MatchingSession(NamedTuple):
    """What results show of a session.

    Models of these rows would take a tenth of a search's time.
    """

    pk: int
    code: UUID
    name: str
    last_updated: datetime
    version: int | None
    """Number of the current version."""
    video_name: str | None
    language_tags: str | None

    @classmethod
    def of(cls, session: DubbingSession) -> MatchingSession:
        current = session.current
        facts = (current.number, current.video_name, current.language_tags) if current else (None, None, None)
        return cls(session.pk, session.code, session.name, session.last_updated, *facts)

    @property
    def languages(self) -> list[str]:
        return (self.language_tags or "").split()


@compiled
def _find_candidates(
    user: AbstractBaseUser, is_found: RawSQL, size: tuple[int | None]
) -> QuerySet[DubbingSession, Any]:
    rows = get_live_sessions(user).filter(is_found)
    return NEWEST_FIRST.sort(rows).values_list(*COLUMNS)[: size[0]]


@compiled
def _find_later_candidates(
    user: AbstractBaseUser, is_found: RawSQL, last_updated: datetime, pk: int, size: tuple[int | None]
) -> QuerySet[DubbingSession, Any]:
    rows = get_live_sessions(user).filter(is_found)
    rows = rows.filter(Q(last_updated__lte=last_updated) & (Q(last_updated__lt=last_updated) | Q(pk__lt=pk)))
    return NEWEST_FIRST.sort(rows).values_list(*COLUMNS)[: size[0]]


@dataclass(frozen=True)
class TextSearch:
    """A query of a user."""

    user: AbstractBaseUser
    text: str
    places: dict[int, FoundPlaces] = field(default_factory=dict, init=False)
    """Lines of the sessions that were read, by session."""
    known: set[int] = field(default_factory=set, init=False)
    """Sessions that were read and are found without their lines."""

    @cached_property
    def query(self) -> Query:
        return parse_query(self.text)

    @cached_property
    def line_queries(self) -> list[LineQuery]:
        """What lines contain: all terms, or those beside the name of their language."""
        queries = [LineQuery(self.query)]
        if len(self.query.terms) > 1 and (
            named := read_language(self.query, get_session_languages(self.user))
        ):
            queries.append(named)
        return queries

    @cached_property
    def loose_hits(self) -> LineHits:
        """Found faster; with chunks that have all words, but not side by side."""
        hits = LineHits(self.line_queries, limit=MAX_HITS, is_loose=True)
        return hits if hits.is_complete else self.hits

    @cached_property
    def hits(self) -> LineHits:
        return LineHits(self.line_queries, limit=MAX_HITS)

    def get_page(self, *, size: int, position: Position = START) -> KeysetPage[MatchingSession]:
        """Return one page of the sessions that contain all terms, the last saved first."""
        if not self.query:
            return KeysetPage(items=[])
        return fetch_keyset_page(self._fetch, order=NEWEST_FIRST, size=size, position=position)

    def _fetch(self, condition: Q, count: int, *, is_reversed: bool) -> list[MatchingSession]:
        """Return the first sessions that match.

        Most of those that the index finds do, so that one batch suffices most of the time. If fewer than half of them do, the others
        are found exactly.
        """
        found: list[MatchingSession] = []
        size, hits, last = count, self.loose_hits, None
        while True:
            batch = self._fetch_candidates(condition, size, hits, last=last, is_reversed=is_reversed)
            self._read_lines(batch, hits)
            matches = [session for session in batch if session.pk in self.known or session.pk in self.places]
            found += matches
            if len(found) >= count or len(batch) < size:
                return found[:count]
            last = batch[-1]
            if not hits.is_loose:
                size *= GROWTH
            elif 2 * len(matches) < len(batch):
                hits = self.hits

    def _fetch_candidates(
        self, condition: Q, size: int, hits: LineHits, *, last: MatchingSession | None, is_reversed: bool
    ) -> list[MatchingSession]:
        """Return sessions that may match.

        :param last: the one after which they begin.
        """
        known_ids = self._known_ids
        known = select_numbers(known_ids) if known_ids is not None else self._select_known()
        conditions = hits.select_sessions() if hits.is_complete else [ANY]
        if hits.is_complete and known_ids != []:
            conditions.append(RawSQL(f"sessions_app_dubbingsession.id IN ({known.sql})", known.params))  # noqa: S611 (constants)
        is_found = RawSQL(  # noqa: S611 (constants)
            " OR ".join(f"({each.sql})" for each in conditions) or NONE,
            [parameter for each in conditions for parameter in each.params],
            BOOLEAN,
        )
        if condition or is_reversed:
            if last is not None:
                condition = NEWEST_FIRST.after(NEWEST_FIRST.encode(last), is_reversed=is_reversed)
            rows = _find_candidates.queryset(self.user, is_found, (None,)).filter(condition)
            found = list(NEWEST_FIRST.sort(rows, is_reversed=is_reversed)[:size])
        elif last is not None:
            found = _find_later_candidates(self.user, is_found, last.last_updated, last.pk, (size,))
        else:
            found = _find_candidates(self.user, is_found, (size,))
        batch = [MatchingSession(*row) for row in found]
        if known_ids is None:
            read = DubbingSession.objects.filter(Q(pk__in=known), pk__in=[session.pk for session in batch])
            self.known.update(read.values_list("pk", flat=True))
        else:
            self.known.update(known_ids)
        return batch

    @cached_property
    def _known_ids(self) -> list[int] | None:
        """The sessions that are found without their lines; None if there are many."""
        known = self._select_known()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({known.sql}) AS known LIMIT {MAX_KNOWN:d}", known.params)  # noqa: S608 (constants)
            found = [session_id for (session_id,) in cursor.fetchall()]
        return found if len(found) < MAX_KNOWN else None

    def _select_known(self) -> RawSQL:
        name = fold_session_name(remove_controls(self.text))
        parts = [
            part
            for owner_id in visible_owners(self.user)
            for part in (
                select_sessions_with_text(name, owner_id),
                select_sessions_by_tokens(self.query, owner_id),
            )
        ]
        parameters = [parameter for part in parts for parameter in part.params]
        return RawSQL(" UNION ".join(part.sql for part in parts), parameters, BOOLEAN)  # noqa: S611 (constants)

    def _read_lines(self, sessions: list[MatchingSession], hits: LineHits) -> None:
        files = list_files([session.pk for session in sessions])
        if not hits.is_complete:
            hits = LineHits(self.line_queries, blob_ids={file.blob_id for file in files})
        self.places.update(find_places(files, hits, self.line_queries))
