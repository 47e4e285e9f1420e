"""Tags and stars of sessions, by two queries for any number of sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from sessions_app.access import visible_to
from sessions_app.models import DubbingSession, SavedFilter, SessionTag, Star, Tag
from sessions_app.models.compiled_query import compiled


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What users put on a session to find it again."""

    tags: tuple[str, ...] = ()
    """Names, in alphabetical order."""
    is_starred: bool = False
    """By the user who looks at it."""


NO_MARKS = Marks()


def get_marks(user: AbstractBaseUser, sessions: Iterable[DubbingSession]) -> dict[int, Marks]:
    """Return the marks of sessions that the user may see, by primary key."""
    keys = [session.pk for session in sessions]
    if not keys:
        return {}
    tags: dict[int, list[str]] = defaultdict(list)
    for session, name in _find_tag_names(user, keys):
        tags[session].append(name)
    stars = set(_find_stars(user, keys))
    return {key: Marks(tags=tuple(tags[key]), is_starred=key in stars) for key in keys}


@compiled
def _find_tag_names(user: AbstractBaseUser, keys: list[int]) -> QuerySet[SessionTag, tuple[int, str]]:
    rows = visible_to(user, SessionTag.objects.filter(session__in=keys)).order_by("tag__folded_name")
    return rows.values_list("session", "tag__name")


@compiled
def _find_stars(user: AbstractBaseUser, keys: list[int]) -> QuerySet[Star, int]:
    return visible_to(user, Star.objects.filter(session__in=keys)).values_list("session", flat=True)


def marks_of(user: AbstractBaseUser, session: DubbingSession) -> Marks:
    """Return the marks of one session."""
    return get_marks(user, [session])[session.pk]


def list_tags(user: AbstractBaseUser) -> list[Tag]:
    """Return the tags of the sessions that the user may see, in alphabetical order."""
    return _find_tags(user)


@compiled
def _find_tags(user: AbstractBaseUser) -> QuerySet[Tag]:
    return visible_to(user, Tag.objects.all()).order_by("folded_name")


def list_filters(user: AbstractBaseUser) -> list[SavedFilter]:
    """Return the filters that the user saved, in alphabetical order."""
    return _find_filters(user)


@compiled
def _find_filters(user: AbstractBaseUser) -> QuerySet[SavedFilter]:
    return visible_to(user, SavedFilter.objects.all()).order_by("folded_name")
