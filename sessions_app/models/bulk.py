"""Statements for many rows: inserts, updates, conditions with many values.

``bulk_create`` builds an object per row, which takes ten times as long as the insert itself for thousands of rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.expressions import RawSQL

ROWS_PER_STATEMENT = 500
"""Rows or variables of an SQL statement, which databases limit."""
_NUMBER = models.BigIntegerField()
"""`RawSQL` would make a field each time, which takes as long as a short query."""


def set_columns(model: type[models.Model], columns: Sequence[str], rows: Mapping[int, Sequence[Any]]) -> None:
    """Set columns of many rows to plain values, by primary key.

    ``bulk_update`` builds an expression per row, which takes longer than the update itself.
    """
    if not rows:
        return
    table = model._meta.db_table  # noqa: SLF001 (`_meta` is documented API)
    assignments = ", ".join(f"{column} = %s" for column in columns)
    statement = f"UPDATE {table} SET {assignments} WHERE id = %s"  # noqa: S608 (constants of this code)
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*values, pk) for pk, values in sorted(rows.items())])


def insert_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    ignore_conflicts: bool = False,
) -> None:
    """Insert rows of plain values (text, numbers, None), without field defaults.

    :param columns: database column names; all columns without a database default.
    :param ignore_conflicts: skip rows that violate a unique constraint.
    """
    names = ", ".join(columns)
    placeholders = ", ".join(["%s"] * len(columns))
    suffix = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    table = model._meta.db_table  # noqa: SLF001 (`_meta` is documented API)
    statement = f"INSERT INTO {table} ({names}) VALUES ({placeholders}){suffix}"  # noqa: S608 (constants of this code)
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(rows))


def select_numbers(numbers: Iterable[int]) -> RawSQL:
    """Return a subquery of any number of values, for ``__in``.

    Databases limit the variables of a statement.
    """
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [list(numbers)], _NUMBER)
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(numbers))], _NUMBER)


def insert_selected(model: type[models.Model], column: str, rows: models.QuerySet[Any]) -> None:
    """Insert the single selected column of a query, inside the database.

    :param rows: a query that ends in ``values(column)``.
    """
    try:
        statement, params = rows.query.sql_with_params()
    except EmptyResultSet:  # a condition is never true, such as `pk__in=[]`
        return
    table = model._meta.db_table  # noqa: SLF001 (`_meta` is documented API)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({column}) {statement}", params)
