"""Bulk inserts: COPY on PostgreSQL, `executemany` on SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import NOT_PROVIDED

ROWS = 20_000
"""Rows per statement."""
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Table:
    """Rows of one table, written when there are enough of them.

    Columns that are not named get the default of their field, so that new columns need no change here.
    """

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        fields = model._meta.concrete_fields  # noqa: SLF001 (`_meta` is documented API)
        unknown = set(columns) - {field.column for field in fields}
        assert not unknown, f"{model.__name__} has no columns {unknown}."
        others = {str(field.column): _default(field) for field in fields if field.column not in columns}
        others = {column: value for column, value in others.items() if value is not NOT_PROVIDED}
        self._table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 (documented API)
        self._columns: list[str] = [*columns, *others]
        self._more = tuple(others.values())
        self._rows: list[tuple[Any, ...]] = []

    def add(self, *row: Any) -> None:
        self._rows.append(row + self._more)
        if len(self._rows) >= ROWS:
            self.flush()

    def flush(self) -> None:
        rows, self._rows = self._rows, []
        if not rows:
            return
        names = ", ".join(connection.ops.quote_name(column) for column in self._columns)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self._table} ({names}) FROM STDIN") as copy:
                    copy.write("".join(map(_line, rows)))
            else:
                values = ", ".join(["%s"] * len(self._columns))
                cursor.executemany(f"INSERT INTO {self._table} ({names}) VALUES ({values})", rows)  # noqa: S608 (names of the model)


def _default(field: models.Field[Any, Any]) -> Any:
    if field.primary_key or field.generated or field.db_default is not NOT_PROVIDED:
        return NOT_PROVIDED
    value = field.get_default() if field.has_default() else None
    if value is None and not field.null:
        value = field.get_default()  # "" for texts
    assert value is not None or field.null, f"{field} has no default."
    return (
        json.dumps(value)
        if isinstance(field, models.JSONField)
        else field.get_db_prep_save(value, connection)
    )


def _line(row: tuple[Any, ...]) -> str:
    return "\t".join(map(_text, row)) + "\n"


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    return value.translate(ESCAPES) if isinstance(value, str) else str(value)


@contextmanager
def bulk_load() -> Iterator[None]:
    """Write without durability, foreign keys and indexes; restore them afterwards."""
    vendor = connection.vendor
    with connection.cursor() as cursor:
        indexes = _drop_indexes(cursor)
        if vendor == "sqlite":
            # Outside of a transaction; PRAGMA foreign_keys has no effect inside.
            for pragma in (
                "foreign_keys=OFF",
                "ignore_check_constraints=ON",
                "synchronous=OFF",
                "cache_size=-1500000",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.execute("BEGIN")
        else:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET maintenance_work_mem = '512MB'")
            cursor.execute("SET max_parallel_maintenance_workers = 2")
        yield
        if vendor == "sqlite":
            cursor.execute("COMMIT")
        for statement in indexes:
            cursor.execute(statement)
        if vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("SET session_replication_role = DEFAULT")
    connection.close()


def reset_sequences(tables: Sequence[type[models.Model]]) -> None:
    """Continue numbering after the written rows."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop the indexes of the portal's tables; return the statements that create them.

    Those of constraints stay: neither database can drop them without the table's definition.
    """
    if connection.vendor == "sqlite":
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name LIKE 'sessions_app_%'"
        )
    else:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename LIKE 'sessions_app_%'"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    return [statement for _, statement in found]


def finish_load() -> None:
    """Collect the statistics that autovacuum would collect."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
