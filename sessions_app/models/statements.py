"""Plain SQL statements, for those that every save runs.

The ORM takes several times as long to build a statement as a database takes to run one by a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection


def select(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def change(statement: str, params: Sequence[Any]) -> int:
    """Run a statement that changes rows; return their number."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def placeholders(values: Sequence[Any]) -> str:
    """Return the placeholders of a list in a condition ``IN (...)``."""
    return ", ".join(["%s"] * len(values))
