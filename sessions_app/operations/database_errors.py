"""Errors of the database that have a cause which a user or operator can remove."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError

from dubbing_core.sentences import sentence

DISK_FULL_MESSAGE = sentence(
    "The server's disk is full, so that nothing can be changed. Delete exports, unfinished "
    "uploads or sessions, or ask your operator for more space."
)
_SQLITE_FULL = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,  # an exhausted quota
    sqlite3.SQLITE_IOERR_SHMSIZE,  # no space for the index of the write-ahead log
}
_POSTGRES_FULL = "53100"


def is_disk_full(error: BaseException | None) -> bool:
    """Return whether the database has no space left on its disk."""
    if not isinstance(error, DatabaseError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) in _SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _POSTGRES_FULL


@contextmanager
def unless_disk_full() -> Iterator[None]:
    """Skip a write that only records a time if the disk is full."""
    try:
        yield
    except DatabaseError as error:
        if not is_disk_full(error):
            raise
