"""Lists of sessions: search, filters, order, pages.

The number of queries does not depend on the number of rows.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import F, Q
from django.db.models.expressions import Combinable, OrderBy

from dubbing_core.session_names import fold_session_name
from sessions_app.access import visible_to
from sessions_app.models import DubbingSession
from sessions_app.models.session import DubbingSessionQuerySet

PAGE_SIZE = 25


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


ORDER_BY: dict[SessionOrder, tuple[str | Combinable | OrderBy, ...]] = {
    SessionOrder.UPDATED: ("-last_updated", "-pk"),
    SessionOrder.CREATED: ("-created_at", "-pk"),
    SessionOrder.ACCESSED: ("-last_accessed", "-pk"),
    SessionOrder.NAME: ("folded_name", "pk"),
    SessionOrder.SIZE: (F("current__total_size").desc(nulls_last=True), "-pk"),
}


@dataclass(frozen=True, kw_only=True)
class SessionSearch:
    text: str = ""
    """Part of a session or video name, or a whole language tag."""
    stage: str = ""
    language: str = ""
    order: SessionOrder = SessionOrder.UPDATED

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.stage or self.language)


def get_live_sessions(user: AbstractBaseUser) -> DubbingSessionQuerySet:
    """Return the sessions that the user may see and that are not in the trash."""
    rows = visible_to(user, DubbingSession.objects.live()).select_related("current")
    return rows.defer("current__document")  # megabytes that no list shows


def get_trashed_sessions(user: AbstractBaseUser) -> DubbingSessionQuerySet:
    """Return the sessions in the trash that the user may see, the latest first."""
    rows = visible_to(user, DubbingSession.objects.trashed()).select_related("current")
    return rows.defer("current__document").order_by("-trashed_at", "-pk")


def get_trash_page(user: AbstractBaseUser, number: str | int) -> Page[DubbingSession]:
    """Return one page of the trash; the nearest page if the number does not exist."""
    return Paginator(get_trashed_sessions(user), PAGE_SIZE).get_page(number)


def search_sessions(user: AbstractBaseUser, search: SessionSearch) -> DubbingSessionQuerySet:
    """Return the results of a search in the order that it asks for."""
    return filter_sessions(user, search).order_by(*ORDER_BY[search.order])


def filter_sessions(
    user: AbstractBaseUser, search: SessionSearch, *, trashed: bool = False
) -> DubbingSessionQuerySet:
    """Return the results of a search, unordered."""
    rows = get_trashed_sessions(user) if trashed else get_live_sessions(user)
    if search.text:
        folded = fold_session_name(search.text)
        rows = rows.filter(
            Q(folded_name__contains=folded)
            | Q(current__folded_video_name__contains=folded)
            | Q(current__language_tags__icontains=f" {search.text} ")
        )
    if search.stage:
        rows = rows.filter(current__stage=search.stage)
    if search.language:
        rows = rows.filter(current__language_tags__icontains=f" {search.language} ")
    return rows


def get_session_page(
    user: AbstractBaseUser, search: SessionSearch, number: str | int
) -> Page[DubbingSession]:
    """Return one page of results; the nearest page if the number does not exist."""
    return Paginator(search_sessions(user, search), PAGE_SIZE).get_page(number)


def get_session_languages(user: AbstractBaseUser) -> list[str]:
    """Return the languages of all sessions that the user may see, for the filter."""
    columns = (
        get_live_sessions(user).exclude(current__isnull=True).values_list("current__language_tags", flat=True)
    )
    return sorted({tag for tags in columns.distinct() for tag in tags.split()})


def get_all_sessions(user: AbstractBaseUser | None) -> DubbingSessionQuerySet:
    """Return the sessions that a user may see, the latest first.

    None stands for an operator, who may see all.
    """
    live = DubbingSession.objects.live()
    rows = live if user is None else visible_to(user, live)
    return rows.select_related("owner", "current").defer("current__document").order_by("-last_updated", "-pk")


def find_session(user: AbstractBaseUser, name: str) -> DubbingSession | None:
    """Return the session with this name or code; a trashed one if no other matches."""
    matches = Q(folded_name=fold_session_name(name))
    with suppress(ValueError):
        matches |= Q(code=UUID(name))
    rows = visible_to(user, DubbingSession.objects.filter(matches))
    return rows.order_by(F("trashed_at").desc(nulls_first=True), "-pk").first()
