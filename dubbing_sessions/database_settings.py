"""Settings of the database: PostgreSQL, or SQLite in the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

MAX_MAPPED = 1024**3
"""Bytes of SQLite's file, from its start, that are read by mapping it into memory; further ones are copied page by page."""


def build_postgresql(url: str, *, pool_size: int, prepares: bool = True) -> dict[str, Any]:
    """Return the settings of a server.

    :param pool_size: connections that hundreds of threads of a web process share; 0 without a pool.
    :param prepares: frequent queries are prepared statements (`sessions_app/models/prepared_statements.py`).
    """
    database: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    # A server that vanished without closing its connections is noticed within seconds, not after the kernel's 15 minutes.
    options = {
        "connect_timeout": 5,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        # Only cursors that ask for it prepare a statement, at once. Without a number, psycopg prepares none.
        "prepare_threshold": 1 if prepares else None,
        **database.get("OPTIONS", {}),
    }
    if pool_size:
        database["CONN_MAX_AGE"] = 0
        options["pool"] = {
            "min_size": 1,
            "max_size": pool_size,
            # Seconds to wait for a connection; longer than a busy moment, shorter than people wait for the page of an outage.
            "timeout": 4,
            # The pool's pause between attempts doubles up to this many seconds: a longer one outlasts the outage.
            "reconnect_timeout": 4,
        }
    return database | {"OPTIONS": options}


def build_sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "dubbing_sessions.sqlite3",
        "NAME": path,
        # Closing the last connection merges the whole log into the database: not after each request and job.
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            # Writers wait at the start of a transaction instead of failing in the middle of it.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            # FULL: an acknowledged save survives a power failure. WAL: readers never wait for writers.
            # temp_store: a deletion with triggers would need a temporary file, also when the disk is full.
            # mmap_size: a search reads hundreds of pages, each of which would be a system call and a copy.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
            f"PRAGMA mmap_size={MAX_MAPPED};",
        },
    }
