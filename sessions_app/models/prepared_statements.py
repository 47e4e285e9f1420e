"""Prepared statements of PostgreSQL: parsed, mostly planned, once a connection.

Django's cursors send values as part of the statement, so that PostgreSQL plans each query again: for the frequent queries of pages this takes
longer than to execute them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

PLACEHOLDER = re.compile("%[%s]")


def can_prepare(connection: BaseDatabaseWrapper) -> bool:
    """Return whether the database prepares statements, and is to (`DATABASE_PREPARE`)."""
    options = connection.settings_dict["OPTIONS"]
    return connection.vendor == "postgresql" and options.get("prepare_threshold") is not None


class PreparingConnection:
    """A connection whose cursors prepare each statement, and use it again."""

    def __init__(self, alias: str) -> None:
        self._connection: Any = connections[alias]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> Any:
        connection = self._connection
        connection.ensure_connection()
        with connection.wrap_database_errors:
            cursor = _get_cursor_class()(connection.connection)
        return connection._prepare_cursor(cursor)  # noqa: SLF001 (as the connection's own `cursor` does)


def write_constants(
    sql: str, parameters: Sequence[Any], is_value: Callable[[Any], bool]
) -> tuple[str, list[Any]]:
    """Write the constants among the parameters into the statement.

    A plan for all values can use a partial index only if its condition is part of the statement.

    :param is_value: whether a parameter is a value of its own in each execution.
    :returns: the statement and its remaining parameters.
    """
    from psycopg.sql import Literal  # noqa: PLC0415 (not needed with SQLite)

    remaining = iter(parameters)
    values: list[Any] = []

    def write(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return place[0]
        parameter = next(remaining)
        if is_value(parameter):
            values.append(parameter)
            return place[0]
        return Literal(parameter).as_string(None).replace("%", "%%")

    return PLACEHOLDER.sub(write, sql), values


@cache
def _get_cursor_class() -> type[Any]:
    from django.db.backends.postgresql.base import ServerBindingCursor  # noqa: PLC0415 (not needed with SQLite)

    class PreparingCursor(ServerBindingCursor):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            return super().execute(query, params, prepare=True, **options)  # type: ignore[misc]  # the types lack it

    return PreparingCursor
