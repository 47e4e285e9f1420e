"""Transactions of SQLite that wait for another writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from dubbing_sessions.sqlite3 import base

TIMEOUT = 30


@pytest.fixture
def connection(
    tmp_path: Path, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[base.DatabaseWrapper]:
    # The browser of tests before these runs an event loop in this thread.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    database = {
        "ENGINE": "dubbing_sessions.sqlite3",
        "NAME": tmp_path / "db.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": TIMEOUT},
    }
    connection = ConnectionHandler({"default": database})["default"]
    assert isinstance(connection, base.DatabaseWrapper)
    with django_db_blocker.unblock():  # a database of its own
        connection.ensure_connection()
        yield connection
        connection.close()


@pytest.fixture
def other(connection: base.DatabaseWrapper) -> Iterator[sqlite3.Connection]:
    """Another writer, which is in the middle of a transaction."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def busy_timeout(connection: base.DatabaseWrapper) -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return int(cursor.fetchone()[0])


def test_a_transaction_begins_when_the_other_has_ended(
    connection: base.DatabaseWrapper, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
):
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 5:
            other.execute("COMMIT")

    monkeypatch.setattr(base, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=pause))

    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)

    assert connection.connection.in_transaction
    assert pauses == [0.0005, 0.001, 0.002, 0.004, 0.004]
    connection.rollback()
    connection.set_autocommit(True)
    assert busy_timeout(connection) == 1000 * TIMEOUT
    assert not connection.errors_occurred


def test_a_transaction_fails_when_the_other_takes_too_long(
    connection: base.DatabaseWrapper, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
):
    times = iter([0.0, 1.0, float(TIMEOUT)])
    clock = SimpleNamespace(monotonic=lambda: next(times), sleep=lambda _: None)
    monkeypatch.setattr(base, "time", clock)

    with pytest.raises(OperationalError, match="locked"):
        connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)

    assert busy_timeout(connection) == 1000 * TIMEOUT
