"""Sessions of a list whose names or languages contain words."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial, reduce
from operator import and_
from typing import TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from dubbing_core.search.folding import fold_text
from dubbing_core.search.marks import find_matched_terms
from dubbing_core.search.query import parse_query
from dubbing_core.session_names import fold_session_name
from sessions_app.access import visible_owners, visible_to
from sessions_app.language_names import get_language_names
from sessions_app.models import SessionLanguage, SessionText
from sessions_app.models.session_text import find_sessions_with_text, list_sessions_with_text
from sessions_app.queries.found_sessions import MAX_KEYS, FoundSessions, find_sessions_of
from sessions_app.queries.listed_values import IsListedNumber

Found = TypeVar("Found", Q, FoundSessions)
MAX_WORDS = 10
"""Of a search; further ones are ignored."""


def find_sessions_with_words(user: AbstractBaseUser, text: str, *, tags: list[str]) -> Q:
    """Return the condition for sessions outside the trash with a text.

    Their names or languages contain it as a whole, or each of its words.

    :param tags: languages whose names are compared with the words.
    """
    found = _find_words(lambda part: _find(user, part, tags), text)
    # A name that contains the whole text contains its words.
    return (found | _find_languages(user, text, tags) if found else _find(user, text, tags)).condition


def find_trashed_sessions_with_words(user: AbstractBaseUser, text: str) -> Q:
    """Return the same condition for sessions in the trash.

    Their languages have no rows.
    """

    def find(part: str) -> Q:
        names = find_sessions_with_text(fold_session_name(part), visible_owners(user))
        return names | has_language_in_trash(part)

    found = _find_words(find, text)
    return found | has_language_in_trash(text) if found else find(text)


def find_sessions_with_languages(user: AbstractBaseUser, tags: list[str]) -> FoundSessions:
    """Return the sessions outside the trash that have one of the languages."""
    folded = {tag.casefold() for tag in tags}
    return find_sessions_of(visible_to(user, SessionLanguage.objects.filter(folded_tag__in=folded)))


def has_language_in_trash(tag: str) -> Q:
    return Q(current__language_tags__icontains=f" {tag} ")


def _find_words(find: Callable[[str], Found], text: str) -> Found | None:
    """Return the sessions with each of several words; None for one word."""
    words = text.split()[:MAX_WORDS]
    return reduce(and_, map(find, words)) if len(words) > 1 else None


def _find(user: AbstractBaseUser, text: str, tags: list[str]) -> FoundSessions:
    return _find_names(user, text) | _find_languages(user, text, tags)


def _find_languages(user: AbstractBaseUser, text: str, tags: list[str]) -> FoundSessions:
    return find_sessions_with_languages(user, [text, *_find_named_languages(text, tags)])


def _find_names(user: AbstractBaseUser, text: str) -> FoundSessions:
    name, owners = fold_session_name(text), visible_owners(user)
    keys = list_sessions_with_text(name, owners, limit=MAX_KEYS + 1)
    if len(keys) > MAX_KEYS:
        return FoundSessions(None, find_sessions_with_text(name, owners), partial(_read_names, name))
    return FoundSessions(frozenset(keys))


def _read_names(name: str, keys: frozenset[int]) -> frozenset[int]:
    """Return those of the sessions whose names contain a text."""
    rows = SessionText.objects.filter(IsListedNumber("session_id", sorted(keys)))
    return frozenset(key for key, text in rows.values_list("session_id", "text") if name in text)


def _find_named_languages(text: str, tags: list[str]) -> list[str]:
    """Return the languages of which a name contains all words of a text.

    Names in English, in the languages of the portal, and in the languages themselves.
    """
    query = parse_query(text)
    terms = set(query.terms)
    pieces = [piece.text for term in terms for piece in term.pieces]
    return [
        tag
        for tag in tags
        if terms
        and any(
            all(piece in folded for piece in pieces) and find_matched_terms(name, query) == terms
            for name, folded in _fold_language_names(tag)
        )
    ]


@lru_cache(maxsize=1024)
def _fold_language_names(tag: str) -> list[tuple[str, str]]:
    """Return the names of a language, each also in the form used for search."""
    return [(name, fold_text(name)) for name in get_language_names(tag)]
