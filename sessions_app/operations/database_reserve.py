"""Space that SQLite owns in advance, so that it can write when the disk is full.

A change is appended to the write-ahead log, and later copied into the database. Both reuse what their files have already:
checkpointed frames of the log, free pages of the database. A transaction that is larger than the log still fails on a full
disk, and deletion by a worker is therefore done in small ones.

The log ends with the last connection. While the portal is stopped, a file keeps its space.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

from django.db import OperationalError, connection

from sessions_app.operations.database_errors import is_disk_full
from sessions_app.storage.disk import get_free_space

logger = logging.getLogger(__name__)

RESERVE = 16 * 1024**2
"""Bytes in the log and in free pages of the database. SQLite copies the log into the database every 4 MiB."""
PLACEHOLDER = "reserved_space"
"""File beside the database."""
PLACEHOLDER_SIZE = RESERVE + 2 * 1024**2
"""Bytes for the log, its index, and small files that services write when they start."""
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


def release_placeholder() -> None:
    """Delete the file that keeps the log's space, before the first connection."""
    if connection.vendor == "sqlite":
        _get_placeholder().unlink(missing_ok=True)


def write_placeholder() -> None:
    """Close the connection, the last one, and keep the log's space in a file.

    If another program has used the space, as much as is left.
    """
    if connection.vendor != "sqlite":
        return
    connection.close()
    free = get_free_space(_get_placeholder().parent)
    with suppress(OSError), _get_placeholder().open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, min(PLACEHOLDER_SIZE, free))


def _get_placeholder() -> Path:
    return Path(connection.settings_dict["NAME"]).with_name(PLACEHOLDER)


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
