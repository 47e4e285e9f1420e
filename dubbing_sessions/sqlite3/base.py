"""Django's SQLite backend: threads hand connections over, writers wait briefly.

A thread that sends a large body needs no connection. Opening one again takes as long as three queries: Django registers
its functions, and SQLite reads the schema.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from typing import Any

from django.db.backends.sqlite3 import base

MAX_IDLE = 8
"""Connections that are kept for other threads."""
FIRST_PAUSE = 0.0005
"""Seconds until the second try to begin a transaction; each pause is longer than the one before."""
LAST_PAUSE = 0.004
DEFAULT_TIMEOUT = 5.0
"""Seconds; of Python's module."""

_idle: deque[tuple[str, float, Any]] = deque()
"""Database, end of its time (of the monotonic clock), connection."""


class DatabaseWrapper(base.DatabaseWrapper):
    _end: float | None = None
    """End of the time of a connection that another thread has opened."""

    def hand_over(self) -> None:
        """Leave the connection to the next thread that needs one.

        Only for processes that do not fork: a connection must not be used in two.
        """
        if self.connection is None or self.in_atomic_block:
            return
        if self.errors_occurred or len(_idle) >= MAX_IDLE:
            self.close()
            return
        end = float("inf") if self.close_at is None else self.close_at
        _idle.append((str(self.settings_dict["NAME"]), end, self.connection))
        self.connection = None
        self.run_on_commit = []

    def _start_transaction_under_autocommit(self) -> None:
        """Begin a transaction, which waits until no other one writes.

        Others write for a few milliseconds, but SQLite tries again after up to 100.
        """
        timeout = float(self.settings_dict["OPTIONS"].get("timeout", DEFAULT_TIMEOUT))
        end = time.monotonic() + timeout
        pause = FIRST_PAUSE
        with self.wrap_database_errors:
            self.connection.execute("PRAGMA busy_timeout=0")
            try:
                while not self._try_to_begin(is_last=time.monotonic() >= end):
                    time.sleep(pause)
                    pause = min(2 * pause, LAST_PAUSE)
            finally:
                self.connection.execute(f"PRAGMA busy_timeout={int(1000 * timeout)}")

    def _try_to_begin(self, *, is_last: bool) -> bool:
        try:
            # Not by Django's cursor: it would mark the connection as one with errors.
            self.connection.execute(f"BEGIN {self.settings_dict['OPTIONS'].get('transaction_mode', '')}")
        except sqlite3.OperationalError as error:
            # The lower byte is that of all kinds of this error (https://sqlite.org/rescode.html).
            if is_last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def connect(self) -> None:
        super().connect()
        if self._end is not None and self.close_at is not None:
            self.close_at = min(self.close_at, self._end)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # Also sets what `connect` needs of the parameters, for a connection that is open already.
        while True:
            try:
                name, end, connection = _idle.pop()
            except IndexError:
                self._end = None
                return super().get_new_connection(conn_params)
            if name == str(self.settings_dict["NAME"]) and time.monotonic() < end:
                self._end = end
                return connection
            connection.close()
