"""Django's SQLite backend, with connections that threads hand over.

A thread that sends a large body needs no connection. Opening one again takes as long as three queries: Django registers
its functions, and SQLite reads the schema.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from django.db.backends.sqlite3 import base

MAX_IDLE = 8
"""Connections that are kept for other threads."""

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
