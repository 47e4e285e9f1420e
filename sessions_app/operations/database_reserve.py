"""Space that SQLite owns in advance, so that it can write when the disk is full.

A change is appended to the write-ahead log, and later copied into the database. Both reuse what their files have already:
checkpointed frames of the log, free pages of the database. A transaction that is larger than the log still fails on a full
disk, and deletion by a worker is therefore done in small ones.
"""

from __future__ import annotations

import logging
from pathlib import Path

from django.db import OperationalError, connection

from sessions_app.operations.database_errors import is_disk_full

logger = logging.getLogger(__name__)

RESERVE = 16 * 1024**2
"""Bytes in the log and in free pages of the database. SQLite copies the log into the database every 4 MiB."""
_TABLE = "reserved_space"


def reserve_database_space() -> None:
    """Enlarge the log and the database to the reserve, if the disk has room.

    The log exists as long as a connection does, so a process of the portal must keep one open.
    """
    if connection.vendor != "sqlite":
        return
    try:
        _delete_filler()  # of a process that was killed here
        missing = max(RESERVE - _get_log_size(), RESERVE - _get_free_size())
        if missing > 0:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE TABLE {_TABLE} (filler BLOB)")
                # Separate transactions: SQLite does not write pages that a transaction both allocates and frees.
                cursor.execute(f"INSERT INTO {_TABLE} VALUES (zeroblob(%s))", [RESERVE])  # noqa: S608 (a constant)
            _delete_filler()
    except OperationalError as error:
        if not is_disk_full(error):
            raise
        logger.warning("The disk of the database is full: %s", error)


def _delete_filler() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")


def _get_log_size() -> int:
    try:
        return Path(f"{connection.settings_dict['NAME']}-wal").stat().st_size
    except FileNotFoundError:
        return 0


def _get_free_size() -> int:
    """Return the bytes in pages that the database has, but does not use."""
    return _get_pragma("freelist_count") * _get_pragma("page_size")


def _get_pragma(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return int(cursor.fetchone()[0])
