"""Lists of sessions: search, filters, order, pages.

The number of queries does not depend on the number of rows.
"""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import and_, or_
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, Q

from dubbing_core.language_names import get_language_names
from dubbing_core.search.marks import find_matched_terms
from dubbing_core.search.query import parse_query
from dubbing_core.session_names import fold_session_name
from sessions_app.access import visible_owners, visible_to
from sessions_app.models import DubbingSession, OwnerTotals, SessionLanguage
from sessions_app.models.session import DubbingSessionQuerySet
from sessions_app.models.session_text import find_sessions_with_text
from sessions_app.queries.keyset import KeysetPage, Order, Position, get_keyset_page

PAGE_SIZE = 25
MAX_WORDS = 10
"""Of a search; further ones are ignored."""


class SessionOrder(StrEnum):
    UPDATED = "updated"
    CREATED = "created"
    ACCESSED = "accessed"
    NAME = "name"
    SIZE = "size"

    @property
    def label(self) -> str:
        return {
            SessionOrder.UPDATED: "Last updated",
            SessionOrder.CREATED: "Newest",
            SessionOrder.ACCESSED: "Last opened",
            SessionOrder.NAME: "Name",
            SessionOrder.SIZE: "Largest",
        }[self]


ORDERS = {
    SessionOrder.UPDATED: Order(field="last_updated", kind=datetime, is_descending=True),
    SessionOrder.CREATED: Order(field="created_at", kind=datetime, is_descending=True),
    SessionOrder.ACCESSED: Order(field="last_accessed", kind=datetime, is_descending=True),
    SessionOrder.NAME: Order(field="folded_name", kind=str),
    SessionOrder.SIZE: Order(field="total_size", kind=int, is_descending=True),
}
LIST_COLUMNS = (
    "code",
    "name",
    "last_updated",
    *(
        f"current__{name}"
        for name in (
            "number",
            "session_id",
            "video_name",
            "file_count",
            "total_size",
            "language_tags",
            "stage",
            "has_transcription",
            "has_translations",
            "has_audio",
            "has_videos",
            "matrix",
        )
    ),
)
"""Columns that the list shows."""
UNLISTED = ("current__document", "current__texts", "current__changes", "current__input_history")
"""Columns of up to megabytes that no list shows."""
LATEST_FIRST = Order(field="trashed_at", kind=datetime, is_descending=True)
"""Order of the trash."""


@dataclass(frozen=True, kw_only=True)
class SessionSearch:
    text: str = ""
    """Parts of a session or video name, or languages by tag or name."""
    stage: str = ""
    language: str = ""
    order: SessionOrder = SessionOrder.UPDATED

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.stage or self.language)


def get_live_sessions(user: AbstractBaseUser) -> DubbingSessionQuerySet:
    """Return the sessions that the user may see and that are not in the trash."""
    rows = visible_to(user, DubbingSession.objects.live()).select_related("current")
    return rows.defer(*UNLISTED)


def get_trashed_sessions(user: AbstractBaseUser) -> DubbingSessionQuerySet:
    """Return the sessions in the trash that the user may see, the latest first."""
    rows = visible_to(user, DubbingSession.objects.trashed()).select_related("current")
    return rows.defer(*UNLISTED).order_by("-trashed_at", "-pk")


def get_trash_page(user: AbstractBaseUser, position: Position) -> KeysetPage[DubbingSession]:
    """Return one page of the trash, the latest first."""
    return get_keyset_page(get_trashed_sessions(user), order=LATEST_FIRST, size=PAGE_SIZE, position=position)


def filter_sessions(
    user: AbstractBaseUser, search: SessionSearch, *, trashed: bool = False
) -> DubbingSessionQuerySet:
    """Return the results of a search, unordered."""
    rows = get_trashed_sessions(user) if trashed else get_live_sessions(user)
    if text := remove_controls(search.text):
        rows = rows.filter(_find_words(user, text, trashed=trashed))
    if search.stage:
        rows = rows.filter(stage=search.stage)
    if search.language:
        rows = rows.filter(_has_language(user, search.language, trashed=trashed))
    return rows


def remove_controls(text: str) -> str:
    """Remove characters that no name contains, and that separate texts in the index."""
    return "".join(character for character in text if unicodedata.category(character) != "Cc").strip()


def _find_words(user: AbstractBaseUser, text: str, *, trashed: bool) -> Q:
    """Return the condition that a session's names or languages contain a text.

    As a whole, or each of its words.
    """
    owners = visible_owners(user)
    known = [] if trashed else get_session_languages(user)

    def find(part: str) -> Q:
        condition = find_sessions_with_text(fold_session_name(part), owners)
        condition |= _has_language(user, part, trashed=trashed)
        return reduce(
            or_, (_has_language(user, tag) for tag in _find_named_languages(part, known)), condition
        )

    words = text.split()[:MAX_WORDS]
    return find(text) | reduce(and_, map(find, words)) if len(words) > 1 else find(text)


def _find_named_languages(text: str, tags: list[str]) -> list[str]:
    """Return the languages of which a name contains all words of a text.

    Names in English, and in the languages themselves.
    """
    query = parse_query(text)
    terms = set(query.terms)
    return [
        tag
        for tag in tags
        if terms and any(find_matched_terms(name, query) == terms for name in get_language_names(tag))
    ]


def _has_language(user: AbstractBaseUser, tag: str, *, trashed: bool = False) -> Q:
    if trashed:  # the trash has no rows of languages
        return Q(current__language_tags__icontains=f" {tag} ")
    rows = visible_to(user, SessionLanguage.objects.filter(folded_tag=tag.casefold()))
    return Q(pk__in=rows.values("session"))


def get_session_page(
    user: AbstractBaseUser, search: SessionSearch, position: Position
) -> KeysetPage[DubbingSession]:
    """Return one page of the results of a search."""
    order = ORDERS[search.order]
    rows = filter_sessions(user, search).defer(None).only(order.field, *LIST_COLUMNS)
    return get_keyset_page(rows, order=order, size=PAGE_SIZE, position=position)


def count_sessions(user: AbstractBaseUser) -> int:
    """Return the number of sessions outside the trash that the user may see."""
    return sum(visible_to(user, OwnerTotals.objects.all()).values_list("session_count", flat=True))


def get_session_languages(user: AbstractBaseUser) -> list[str]:
    """Return the languages of all sessions that the user may see, for the filter."""
    return SessionLanguage.objects.list_tags(visible_owners(user))


def get_all_sessions(user: AbstractBaseUser | None) -> DubbingSessionQuerySet:
    """Return the sessions that a user may see, the latest first.

    None stands for an operator, who may see all.
    """
    live = DubbingSession.objects.live()
    rows = live if user is None else visible_to(user, live)
    rows = rows.select_related("owner", "current").defer(*UNLISTED)
    return rows.order_by("-last_updated", "-pk")


def find_session(user: AbstractBaseUser, name: str) -> DubbingSession | None:
    """Return the session with this name or code; a trashed one if no other matches."""
    matches = Q(folded_name=fold_session_name(name))
    with suppress(ValueError):
        matches |= Q(code=UUID(name))
    rows = visible_to(user, DubbingSession.objects.filter(matches))
    return rows.order_by(F("trashed_at").desc(nulls_first=True), "-pk").first()
