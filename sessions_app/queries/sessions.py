"""The list of sessions, searched, filtered, sorted and cut into pages; the same few queries whatever it shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import F, Q
from django.db.models.expressions import Combinable, OrderBy

from dubbing_core.session_names import fold_session_name
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
    """Found in names and video names, or a whole language tag."""
    stage: str = ""
    language: str = ""
    order: SessionOrder = SessionOrder.UPDATED

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.stage or self.language)


def get_live_sessions(owner: AbstractBaseUser) -> DubbingSessionQuerySet:
    found = DubbingSession.objects.visible_to(owner).live().select_related("current")
    return found.defer("current__document")  # megabytes, of which no list shows any


def search_sessions(owner: AbstractBaseUser, search: SessionSearch) -> DubbingSessionQuerySet:
    return filter_sessions(owner, search).order_by(*ORDER_BY[search.order])


def filter_sessions(
    owner: AbstractBaseUser, search: SessionSearch, *, trashed: bool = False
) -> DubbingSessionQuerySet:
    """Return what a search finds, in no order yet."""
    found = get_trashed_sessions(owner) if trashed else get_live_sessions(owner)
    if search.text:
        folded = fold_session_name(search.text)
        found = found.filter(
            Q(folded_name__contains=folded)
            | Q(current__folded_video_name__contains=folded)
            | Q(current__language_tags__icontains=f" {search.text} ")
        )
    if search.stage:
        found = found.filter(current__stage=search.stage)
    if search.language:
        found = found.filter(current__language_tags__icontains=f" {search.language} ")
    return found


def get_session_page(
    owner: AbstractBaseUser, search: SessionSearch, number: str | int
) -> Page[DubbingSession]:
    """Return one page; a number that does not exist shows the nearest that does."""
    return Paginator(search_sessions(owner, search), PAGE_SIZE).get_page(number)


def get_session_languages(owner: AbstractBaseUser) -> list[str]:
    """Return every language that the owner's sessions hold, for the filter."""
    tags = (
        get_live_sessions(owner)
        .exclude(current__isnull=True)
        .values_list("current__language_tags", flat=True)
    )
    return sorted({tag for spaced in tags.distinct() for tag in spaced.split()})


def get_trashed_sessions(owner: AbstractBaseUser) -> DubbingSessionQuerySet:
    found = DubbingSession.objects.visible_to(owner).trashed().select_related("current")
    return found.defer("current__document").order_by("-trashed_at", "-pk")


def get_all_sessions(owner: AbstractBaseUser | None) -> DubbingSessionQuerySet:
    """Return everybody's sessions for an operator, or one owner's, the latest first."""
    found = (
        DubbingSession.objects.live() if owner is None else DubbingSession.objects.visible_to(owner).live()
    )
    return (
        found.select_related("owner", "current").defer("current__document").order_by("-last_updated", "-pk")
    )


def find_session(owner: AbstractBaseUser, name: str) -> DubbingSession | None:
    """Return the owner's session with this name or code; one in the trash only if no other is meant."""
    theirs = DubbingSession.objects.visible_to(owner).order_by(F("trashed_at").desc(nulls_first=True), "-pk")
    try:
        is_meant = Q(folded_name=fold_session_name(name)) | Q(code=UUID(name))
    except ValueError:
        is_meant = Q(folded_name=fold_session_name(name))
    return theirs.filter(is_meant).first()
