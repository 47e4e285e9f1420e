"""Transactions whose commit does not wait for the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SYNCHRONOUS_FULL = 2
"""SQLite's number for waiting at each commit (https://sqlite.org/pragma.html#pragma_synchronous)."""


@contextmanager
def deferred_sync() -> Iterator[None]:
    """Run a transaction that a power failure may undo, although it was committed.

    For facts that are found out again, such as which parts have arrived. The next other commit makes it durable, because
    databases write their log in order; a crash of this process or of the database server alone undoes nothing. Inside another
    transaction nothing is deferred: its commit waits for the disk.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO off")
            yield
    else:
        with _sqlite_without_sync(), transaction.atomic():
            yield


@contextmanager
def _sqlite_without_sync() -> Iterator[None]:
    connection.ensure_connection()
    # Directly: Django's cursor takes ten times as long as these statements, and a save has six such transactions.
    execute = connection.connection.execute
    with connection.wrap_database_errors:
        (synchronous,) = execute("PRAGMA synchronous").fetchone()
    if synchronous < SYNCHRONOUS_FULL:
        yield  # it does not wait anyway
        return
    execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        execute(f"PRAGMA synchronous={synchronous}")
