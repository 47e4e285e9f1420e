"""Which errors are outages of a service, and how they are logged."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest
import redis
from django.db import DatabaseError, OperationalError, ProgrammingError

from sessions_app.http.outages import ShortOutages, find_outage
from sessions_app.storage.errors import StoreUnavailableError
from tests.services.ports import reserve_port


def sqlite_error(statement: str, file: Path) -> OperationalError:
    """Return the error of the statement as Django raises it, while another connection writes."""
    with sqlite3.connect(file) as writer, sqlite3.connect(file, timeout=0) as connection:
        writer.execute("BEGIN EXCLUSIVE")
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as cause:
            error = OperationalError(str(cause))
            error.__cause__ = cause
            return error
    raise AssertionError(statement)


def test_a_full_disk_of_the_database_is_an_outage_with_what_to_do(tmp_path: Path):
    with sqlite3.connect(tmp_path / "db") as connection:
        connection.execute("PRAGMA max_page_count = 4")
        with pytest.raises(sqlite3.OperationalError, match="full") as caught:
            connection.executescript("CREATE TABLE t (data); INSERT INTO t VALUES (zeroblob(100000))")
    error = OperationalError(str(caught.value))
    error.__cause__ = caught.value

    outage = find_outage(error)

    assert outage is not None
    assert outage.code == "disk_full"
    assert outage.message.startswith("The server's disk is full")


def test_a_locked_database_is_an_outage_and_a_wrong_statement_is_not(tmp_path: Path):
    locked = find_outage(sqlite_error("BEGIN IMMEDIATE", tmp_path / "db"))

    assert locked is not None
    assert locked.code == "database"
    assert find_outage(sqlite_error("SELEC 1", tmp_path / "db")) is None
    assert find_outage(ProgrammingError("no such relation")) is None
    assert find_outage(DatabaseError("anything")) is None


def test_a_refused_connection_to_the_broker_is_an_outage():
    with pytest.raises(redis.ConnectionError) as raised:
        redis.Redis(port=reserve_port()).ping()

    outage = find_outage(raised.value)

    assert outage is not None
    assert outage.code == "broker"


def test_an_unavailable_store_keeps_its_sentence():
    outage = find_outage(StoreUnavailableError("timed out"))

    assert outage is not None
    assert (outage.code, outage.message) == (
        "storage",
        "The storage did not respond. Try again in a few minutes.",
    )


def test_an_outage_is_logged_in_one_line_and_a_bug_with_its_traceback():
    outage, bug = (
        logging.LogRecord("x", logging.ERROR, "", 1, "GET %s failed", ("/",), (type(error), error, None))
        for error in (OperationalError("connection refused\nIs the server running?"), KeyError("name"))
    )

    assert all(ShortOutages().filter(record) for record in (outage, bug))

    assert (outage.getMessage(), outage.exc_info) == ("GET / failed: connection refused", None)
    assert bug.exc_info is not None
