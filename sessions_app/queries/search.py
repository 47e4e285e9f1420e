"""Search in everything that a user may see.

A session is found by what is known about it, or by a line of a text in its current version. Both contain all terms of the query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, QuerySet

from dubbing_core.search.query import Query, parse_query
from dubbing_core.session_names import fold_session_name
from sessions_app.access import visible_owners
from sessions_app.models import CurrentText, DubbingSession, TextLine
from sessions_app.models.session_text import find_sessions_with_text
from sessions_app.models.session_tokens import find_sessions_by_tokens
from sessions_app.queries.keyset import KeysetPage, Position, fetch_keyset_page
from sessions_app.queries.sessions import ORDERS, SessionOrder, get_live_sessions, remove_controls

COLUMNS = (
    *("code", "name", "owner_id", "last_updated"),
    *(f"current__{name}" for name in ("number", "session_id", "video_name", "language_tags")),
)
"""Columns that results show."""
MAX_QUERY = 200
"""In characters."""
NEWEST_FIRST = ORDERS[SessionOrder.UPDATED]
FIRST_LINES = 2000
"""Lines that are looked up among those of all users. If more match, the user's sessions are searched one after another instead."""
FIRST_SESSIONS = 20
GROWTH = 2
START = Position()


@dataclass(frozen=True)
class TextSearch:
    """A query of a user."""

    user: AbstractBaseUser
    text: str

    @cached_property
    def query(self) -> Query:
        return parse_query(self.text)

    def get_page(self, *, size: int, position: Position = START) -> KeysetPage[DubbingSession]:
        """Return one page of the sessions that contain all terms, the last saved first."""
        query = self.query
        if not query:
            return KeysetPage(items=[])
        blobs = TextLine.objects.find_blobs(query, limit=FIRST_LINES)
        found = _Found(self.user, query, self.find_known(query), blobs.ids if blobs.is_complete else None)
        return fetch_keyset_page(found.fetch, order=NEWEST_FIRST, size=size, position=position)

    def find_known(self, query: Query) -> Q:
        """Return the condition that a session is found without its lines."""
        owners = visible_owners(self.user)
        name = fold_session_name(remove_controls(self.text))
        return find_sessions_with_text(name, owners) | find_sessions_by_tokens(query, owners)


class _Found:
    """The sessions that a query finds, in the order of the list."""

    def __init__(self, user: AbstractBaseUser, query: Query, known: Q, blob_ids: list[int] | None) -> None:
        """:param blob_ids: those with lines that match; None if there are too many."""
        self._sessions = get_live_sessions(user).defer(None).only(*COLUMNS)
        self._query = query
        self._known = known
        self._blob_ids = blob_ids

    def fetch(self, condition: Q, count: int, *, is_reversed: bool) -> list[DubbingSession]:
        if self._blob_ids is None:
            return self._fetch_in_batches(condition, count, is_reversed=is_reversed)
        texts = current_texts().filter(blob_id__in=self._blob_ids)
        matching = self._known | Q(pk__in=texts.values("session_id")) if self._blob_ids else self._known
        rows = self._sessions.filter(condition).filter(matching)
        return list(NEWEST_FIRST.sort(rows, is_reversed=is_reversed)[:count])

    def _fetch_in_batches(self, condition: Q, count: int, *, is_reversed: bool) -> list[DubbingSession]:
        """Return the first sessions that match.

        The words are frequent, so the first sessions contain them most of the time.
        """
        found: list[DubbingSession] = []
        size = FIRST_SESSIONS
        while len(found) < count:
            rows = NEWEST_FIRST.sort(self._sessions.filter(condition), is_reversed=is_reversed)
            batch = list(rows[:size])
            matching = self._find_matching([session.pk for session in batch])
            found += [session for session in batch if session.pk in matching]
            if len(batch) < size:
                break
            condition = NEWEST_FIRST.after(NEWEST_FIRST.encode(batch[-1]), is_reversed=is_reversed)
            size *= GROWTH
        return found[:count]

    def _find_matching(self, session_ids: Collection[int]) -> set[int]:
        known = DubbingSession.objects.filter(self._known, pk__in=session_ids)
        matching = set(known.values_list("pk", flat=True))
        sessions: dict[int, list[int]] = defaultdict(list)
        texts = current_texts().filter(session_id__in=session_ids)
        for blob_id, session_id in texts.values_list("blob_id", "session_id"):
            sessions[blob_id].append(session_id)
        for blob_id in TextLine.objects.find_blobs_among(self._query, sessions.keys()):
            matching.update(sessions[blob_id])
        return matching


def current_texts() -> QuerySet[CurrentText]:
    """Return the texts of current versions.

    The worker may not have seen the newest versions yet.
    """
    return CurrentText.objects.filter(entry__removed_in__isnull=True)
