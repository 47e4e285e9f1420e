"""Sessions of a list whose names or languages contain words.

What a word finds is read once if it is not much: a page needs the condition twice, for its rows and for their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from dubbing_core.search.marks import find_matched_terms
from dubbing_core.search.query import parse_query
from dubbing_core.session_names import fold_session_name
from sessions_app.access import visible_owners, visible_to
from sessions_app.language_names import get_language_names
from sessions_app.models import DubbingSession, SessionLanguage
from sessions_app.models.bulk import select_numbers
from sessions_app.models.session_text import find_sessions_with_text, list_sessions_with_text

MAX_WORDS = 10
"""Of a search; further ones are ignored."""
MAX_KEYS = 2000
"""Sessions of a word whose keys are read; if it finds more, the database compares them."""


@dataclass(frozen=True)
class FoundSessions:
    """Sessions that words find: their keys, or a condition if there are many."""

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


def find_sessions_with_words(user: AbstractBaseUser, text: str, *, tags: list[str]) -> Q:
    """Return the condition for sessions outside the trash with a text.

    Their names or languages contain it as a whole, or each of its words.

    :param tags: languages whose names are compared with the words.
    """
    found = _find(user, text, tags)
    words = text.split()[:MAX_WORDS]
    if len(words) > 1:
        found |= reduce(and_, (_find(user, word, tags) for word in words))
    return found.condition


def find_trashed_sessions_with_words(user: AbstractBaseUser, text: str) -> Q:
    """Return the same condition for sessions in the trash.

    Their languages have no rows.
    """

    def find(part: str) -> Q:
        names = find_sessions_with_text(fold_session_name(part), visible_owners(user))
        return names | has_language_in_trash(part)

    words = text.split()[:MAX_WORDS]
    return find(text) | reduce(and_, map(find, words)) if len(words) > 1 else find(text)


def has_language(user: AbstractBaseUser, tag: str) -> Q:
    return Q(
        pk__in=visible_to(user, SessionLanguage.objects.filter(folded_tag=tag.casefold())).values("session")
    )


def has_language_in_trash(tag: str) -> Q:
    return Q(current__language_tags__icontains=f" {tag} ")


def _find(user: AbstractBaseUser, text: str, tags: list[str]) -> FoundSessions:
    return _find_names(user, text) | _find_languages(user, [text, *_find_named_languages(text, tags)])


def _find_names(user: AbstractBaseUser, text: str) -> FoundSessions:
    name, owners = fold_session_name(text), visible_owners(user)
    keys = list_sessions_with_text(name, owners, limit=MAX_KEYS + 1)
    if len(keys) > MAX_KEYS:
        return FoundSessions(None, find_sessions_with_text(name, owners))
    return FoundSessions(frozenset(keys))


def _find_languages(user: AbstractBaseUser, tags: list[str]) -> FoundSessions:
    rows = SessionLanguage.objects.filter(folded_tag__in={tag.casefold() for tag in tags})
    keys = visible_to(user, rows).values_list("session", flat=True)[: MAX_KEYS + 1]
    if len(keys) > MAX_KEYS:
        return FoundSessions(None, reduce(or_, (has_language(user, tag) for tag in tags)))
    return FoundSessions(frozenset(keys))


def _find_named_languages(text: str, tags: list[str]) -> list[str]:
    """Return the languages of which a name contains all words of a text.

    Names in English, in the languages of the portal, and in the languages themselves.
    """
    query = parse_query(text)
    terms = set(query.terms)
    return [
        tag
        for tag in tags
        if terms and any(find_matched_terms(name, query) == terms for name in get_language_names(tag))
    ]
