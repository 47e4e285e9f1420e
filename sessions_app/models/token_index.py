"""Full text index of a table's column ``tokens``, on both databases.

FTS5 on SQLite, a GIN index of ``tsvector`` on PostgreSQL (docs/decisions/0038-search.md). The tokens are made in Python; a migration
creates the indexes, and the databases maintain them with the rows.
"""

from __future__ import annotations

from django.db import connection

from dubbing_core.search.query import Query


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def build_match(query: Query, *, also: str = "") -> str:
    """Return the query in the database's language.

    :param also: a further lexeme, on PostgreSQL.
    """
    if is_postgresql():
        lexemes = [f"'{token}'{':*' if is_prefix else ''}" for token, is_prefix in query.tokens.items()]
        return " & ".join([*lexemes, *([f"'{also}'"] if also else [])])
    # Tokens consist of letters, digits and marks, and quoted ones are no operators.
    return " AND ".join(f'"{token}"{"*" if is_prefix else ""}' for token, is_prefix in query.tokens.items())


def contains_sequences(column: str, query: Query) -> tuple[str, list[str]]:
    """Return the condition that a query's phrases are in the tokens.

    The index does not know where tokens are.
    """
    function = "strpos" if is_postgresql() else "instr"
    return "".join(f" AND {function}({column}, %s) > 0" for _ in query.sequences), query.sequences
