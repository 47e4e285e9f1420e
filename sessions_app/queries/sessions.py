"""Lists of sessions: search, filters, order, pages.

The number of queries does not depend on the number of rows.
"""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import or_
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, Q, QuerySet

from dubbing_core.sentences import sentence
from dubbing_core.session_names import fold_session_name
from sessions_app.access import visible_owners, visible_to
from sessions_app.language_names import read_language
from sessions_app.models import DubbingSession, OwnerTotals, SessionLanguage, SessionTag, Star, Tag
from sessions_app.models.compiled_query import compiled
from sessions_app.models.session import DubbingSessionQuerySet
from sessions_app.queries.found_sessions import find_marked_sessions
from sessions_app.queries.keyset import Order, Position
from sessions_app.queries.numbered_pages import NumberedPage, get_first_page, get_numbered_page
from sessions_app.queries.session_words import (
    find_sessions_with_languages,
    find_sessions_with_words,
    find_trashed_sessions_with_words,
    has_language_in_trash,
)

PAGE_SIZE = 24
"""Full rows of cards, whether two, three, four or six are side by side."""


class SessionOrder(StrEnum):
    UPDATED = "updated"
    CREATED = "created"
    ACCESSED = "accessed"
    NAME = "name"
    SIZE = "size"
    DURATION = "duration"

    @property
    def label(self) -> str:
        return {
            SessionOrder.UPDATED: sentence("Last updated"),
            SessionOrder.CREATED: sentence("Newest"),
            SessionOrder.ACCESSED: sentence("Last opened"),
            SessionOrder.NAME: sentence("Name"),
            SessionOrder.SIZE: sentence("Largest"),
            SessionOrder.DURATION: sentence("Longest"),
        }[self]


ORDERS = {
    SessionOrder.UPDATED: Order(field="last_updated", kind=datetime, is_descending=True),
    SessionOrder.CREATED: Order(field="created_at", kind=datetime, is_descending=True),
    SessionOrder.ACCESSED: Order(field="last_accessed", kind=datetime, is_descending=True),
    SessionOrder.NAME: Order(field="folded_name", kind=str),
    SessionOrder.SIZE: Order(field="total_size", kind=int, is_descending=True),
    SessionOrder.DURATION: Order(field="duration_ms", kind=int, is_descending=True),
}
LIST_COLUMNS = (
    "code",
    "name",
    "last_updated",
    "duration_ms",
    "has_stale",
    "owner__username",
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
    """Tag or name."""
    tag: str = ""
    """Name of a tag, ignoring case."""
    owner: str = ""
    """Name of a user."""
    is_stale: bool = False
    """Only sessions with stale results."""
    is_starred: bool = False
    """Only sessions with a star of the user."""
    order: SessionOrder = SessionOrder.UPDATED
    is_reversed: bool = False

    @property
    def is_empty(self) -> bool:
        return not (
            self.text
            or self.stage
            or self.language
            or self.tag
            or self.owner
            or self.is_stale
            or self.is_starred
        )

    @property
    def sort_order(self) -> Order:
        order = ORDERS[self.order]
        return replace(order, is_descending=not order.is_descending) if self.is_reversed else order


def get_live_sessions(user: AbstractBaseUser) -> DubbingSessionQuerySet:
    """Return the sessions that the user may see and that are not in the trash."""
    rows = visible_to(user, DubbingSession.objects.live()).select_related("current")
    return rows.defer(*UNLISTED)


def get_trashed_sessions(user: AbstractBaseUser) -> DubbingSessionQuerySet:
    """Return the sessions in the trash that the user may see, the latest first."""
    rows = visible_to(user, DubbingSession.objects.trashed()).select_related("current")
    return rows.defer(*UNLISTED).order_by("-trashed_at", "-pk")


def get_trash_page(
    user: AbstractBaseUser, search: SessionSearch, position: Position, number: int | None = None
) -> NumberedPage[DubbingSession]:
    """Return one page of the trash, the latest first.

    :param number: of the page, from 1; takes precedence over the position.
    """
    rows = filter_sessions(user, search, trashed=True)
    return get_numbered_page(rows, order=LATEST_FIRST, size=PAGE_SIZE, position=position, number=number)


def filter_sessions(
    user: AbstractBaseUser, search: SessionSearch, *, trashed: bool = False
) -> DubbingSessionQuerySet:
    """Return the results of a search, unordered."""
    rows = get_trashed_sessions(user) if trashed else get_live_sessions(user)
    if text := remove_controls(search.text):
        rows = rows.filter(
            find_trashed_sessions_with_words(user, text)
            if trashed
            else find_sessions_with_words(user, text, tags=get_session_languages(user))
        )
    if search.stage:
        rows = rows.filter(stage=search.stage)
    if search.language:
        tags = sorted({search.language, read_language(search.language)})
        rows = rows.filter(
            reduce(or_, map(has_language_in_trash, tags))
            if trashed
            else find_sessions_with_languages(user, tags).condition
        )
    if search.tag:
        chosen = visible_to(user, Tag.objects.filter(folded_name=fold_session_name(search.tag)))
        rows = rows.filter(find_marked_sessions(SessionTag.objects.filter(tag__in=list(chosen))).condition)
    if search.owner:
        rows = rows.filter(owner__in=_find_owner(user, search.owner))
    if search.is_stale:
        rows = rows.filter(has_stale=True)
    if search.is_starred:
        rows = rows.filter(find_marked_sessions(visible_to(user, Star.objects.all())).condition)
    return rows


def _find_owner(user: AbstractBaseUser, name: str) -> list[int]:
    owners = get_user_model().objects.filter(pk__in=visible_owners(user))
    return list(owners.filter(username__iexact=name).values_list("pk", flat=True))


def remove_controls(text: str) -> str:
    """Remove characters that no name contains, and that separate texts in the index."""
    return "".join(character for character in text if unicodedata.category(character) != "Cc").strip()


def get_session_page(
    user: AbstractBaseUser, search: SessionSearch, position: Position, number: int | None = None
) -> NumberedPage[DubbingSession]:
    """Return one page of the results of a search.

    :param number: of the page, from 1; takes precedence over the position.
    """
    order = search.sort_order
    if search.is_empty and number in {None, 1} and position == Position():
        return get_first_page(
            _find_first_sessions(user, search.order, is_reversed=search.is_reversed),
            order=order,
            size=PAGE_SIZE,
            total=count_sessions(user),
        )
    return get_numbered_page(
        _show_in_list(filter_sessions(user, search), order),
        order=order,
        size=PAGE_SIZE,
        position=position,
        number=number,
        total=count_sessions(user) if search.is_empty else None,
    )


@compiled
def _find_first_sessions(
    user: AbstractBaseUser, order: SessionOrder, *, is_reversed: bool
) -> QuerySet[DubbingSession]:
    search = SessionSearch(order=order, is_reversed=is_reversed)
    rows = _show_in_list(filter_sessions(user, search), search.sort_order)
    return search.sort_order.sort(rows)[: PAGE_SIZE + 1]


def _show_in_list(rows: DubbingSessionQuerySet, order: Order) -> DubbingSessionQuerySet:
    return rows.defer(None).select_related("current", "owner").only(order.field, *LIST_COLUMNS)


def count_sessions(user: AbstractBaseUser) -> int:
    """Return the number of sessions outside the trash that the user may see."""
    return sum(_find_session_counts(user))


def has_trash(user: AbstractBaseUser) -> bool:
    """Return whether the user may see sessions in the trash."""
    return visible_to(user, DubbingSession.objects.trashed()).exists()


@compiled
def _find_session_counts(user: AbstractBaseUser) -> QuerySet[OwnerTotals, int]:
    return visible_to(user, OwnerTotals.objects.all()).values_list("session_count", flat=True)


def get_session_languages(user: AbstractBaseUser) -> list[str]:
    """Return the languages of all sessions that the user may see, for the filter."""
    return SessionLanguage.objects.list_tags(visible_owners(user))


def list_owners(user: AbstractBaseUser) -> list[str]:
    """Return the names of the owners whose sessions the user may see.

    Empty if all are the user's own.
    """
    owners = visible_owners(user)
    if owners == [user.pk]:
        return []
    rows = get_user_model().objects.filter(pk__in=owners)
    return sorted(rows.values_list("username", flat=True), key=str.casefold)


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
