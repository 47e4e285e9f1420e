"""Names of languages in queries: `hindi welcome` finds Hindi lines with `welcome`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dubbing_core.languages import fold_language_tag
from dubbing_core.search.query import MIN_PREFIX, Query, Term, parse_query
from sessions_app.language_names import get_language_names


@dataclass(frozen=True)
class LineQuery:
    """Terms that a line contains."""

    query: Query
    tags: frozenset[str] | None = None
    """Folded tags of the lines' languages; None for any."""

    def accepts(self, language: str) -> bool:
        return self.tags is None or fold_language_tag(language) in self.tags


def read_language(query: Query, tags: Iterable[str]) -> LineQuery | None:
    """Return what a query asks of the lines of a language whose name it contains.

    Tags are no names here: `hi`, `no` and `it` are words of other languages. Of several names the one with the most words
    is taken.

    :param tags: the languages of the user's sessions.
    """
    found: dict[frozenset[Term], set[str]] = {}
    for tag in tags if len(query.terms) > 1 else ():
        for name in get_language_names(tag):
            terms = _find_name(query, name)
            if terms and len(terms) < len(query.terms):
                found.setdefault(terms, set()).add(fold_language_tag(tag))
    if not found:
        return None
    named = max(found, key=len)
    rest = tuple(term for term in query.terms if term not in named)
    return LineQuery(Query(rest), frozenset(found[named]))


def _find_name(query: Query, name: str) -> frozenset[Term]:
    """Return the terms that are a name; none if not all of it is among them."""
    words = {term.pieces for term in parse_query(name).terms}
    terms = frozenset(term for term in query.terms if term.pieces in words)
    is_long = all(
        len(piece.text) >= MIN_PREFIX or not piece.is_word for term in terms for piece in term.pieces
    )
    return terms if is_long and len(terms) == len(words) else frozenset()
