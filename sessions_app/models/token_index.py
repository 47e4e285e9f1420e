"""Full text index of a table's column ``tokens``, on both databases.

FTS5 on SQLite, a GIN index of ``tsvector`` on PostgreSQL (docs/decisions/0038-search.md). The tokens are made in Python; a migration
creates the indexes, and the databases maintain them with the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from dubbing_core.search.query import Query, Term

LONGEST_PREFIX = 4
"""Of the prefixes that the index on SQLite has (1, 3 and 4 characters). For longer ones FTS5 would merge the lines of all words, at each use."""


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def build_match(query: Query, *, also: str = "") -> str:
    """Return the query in the database's language.

    :param also: a further lexeme, on PostgreSQL.
    """
    if is_postgresql():
        lexemes = [f"'{token}'{':*' if is_prefix else ''}" for token, is_prefix in query.tokens.items()]
        return " & ".join([*lexemes, *([f"'{also}'"] if also else [])])
    return _join_phrases((_shorten(term), term.has_prefix_token) for term in query.terms)


def build_exact_match(query: Query) -> str:
    """Return the query in the database's language, with prefixes of any length.

    For indexes with few rows, each of many tokens.
    """
    if is_postgresql():
        return build_match(query)
    return _join_phrases((term.tokens, term.has_prefix_token) for term in query.terms)


def has_loose_match(query: Query) -> bool:
    """Return whether `build_loose_match` differs from `build_exact_match`."""
    return not is_postgresql() and any(len(term.tokens) > 1 for term in query.terms)


def build_loose_match(query: Query) -> str:
    """Return the query without the order of tokens, in the database's language.

    It finds more than `build_exact_match`, and is ten times faster for frequent pairs of characters, whose positions FTS5 compares.
    """
    if is_postgresql():
        return build_match(query)
    return _join_phrases(([token], is_prefix) for token, is_prefix in query.tokens.items())


def _join_phrases(phrases: Iterable[tuple[Sequence[str], bool]]) -> str:
    # Tokens consist of letters, digits and marks, and what is quoted contains no operators.
    return " AND ".join(f'"{" ".join(tokens)}"{"*" if is_prefix else ""}' for tokens, is_prefix in phrases)


def _shorten(term: Term) -> list[str]:
    """Return the tokens of a term, with a prefix that the index has."""
    tokens = term.tokens
    return [*tokens[:-1], tokens[-1][:LONGEST_PREFIX]] if term.has_prefix_token else tokens


def contains_sequences(column: str, query: Query) -> tuple[str, list[str]]:
    """Return the condition for what the index does not know, and its parameters.

    On PostgreSQL that tokens are adjacent, on SQLite how a long prefix continues.
    """
    if is_postgresql():
        function, sequences = "strpos", query.sequences
    else:
        shortened = [term for term in query.terms if _shorten(term) != term.tokens]
        function, sequences = "instr", [f" {' '.join(term.tokens)}" for term in shortened]
    return "".join(f" AND {function}({column}, %s) > 0" for _ in sequences), sequences
