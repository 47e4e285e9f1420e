"""Statements for many rows: inserts, updates, and inserts of selected rows.

``bulk_create`` builds an object per row, which takes ten times as long as the insert itself for thousands of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

ROWS_PER_STATEMENT = 500
"""Rows or variables of an SQL statement, which databases limit."""


def set_column(model: type[models.Model], column: str, values: Mapping[int, Any]) -> None:
    """Set one column of many rows to plain values, by primary key.

    ``bulk_update`` builds an expression per row, which takes longer than the update itself.
    """
    table = model._meta.db_table  # noqa: SLF001 (`_meta` is documented API)
    statement = f"UPDATE {table} SET {column} = %s WHERE id = %s"  # noqa: S608 (constants of this code)
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(value, pk) for pk, value in sorted(values.items())])


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
