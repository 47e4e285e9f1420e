"""Outages of the services that a request needs."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass

import redis
from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

from dubbing_core.sentences import sentence
from sessions_app.operations.database_errors import DISK_FULL_MESSAGE, is_disk_full
from sessions_app.storage.errors import StoreError

OUTAGE_RETRY_SECONDS = 5
"""Value of Retry-After during an outage: services restart within seconds."""
BROKER_ERRORS = (
    BrokerError,
    redis.ConnectionError,  # also while it loads its data
    redis.TimeoutError,
    redis.ReadOnlyError,
    redis.OutOfMemoryError,
)


@dataclass(frozen=True, kw_only=True)
class Outage:
    code: str
    """Stable code of the API."""
    message: str


DATABASE = Outage(
    code="database", message=sentence("The database is unavailable. Try again in a few minutes.")
)
BROKER = Outage(
    code="broker",
    message=sentence("The service that counts requests is unavailable. Try again in a few minutes."),
)


def find_outage(error: BaseException | None) -> Outage | None:
    """Return the outage that caused the error, None for a bug of the portal."""
    if is_disk_full(error):
        return Outage(code="disk_full", message=DISK_FULL_MESSAGE)
    match error:
        case OperationalError() if not _is_bad_statement(error):
            return DATABASE
        case InterfaceError():
            return DATABASE
        case StoreError():
            return Outage(code="storage", message=error.args[-1])
        case _ if isinstance(error, BROKER_ERRORS):
            return BROKER
        case _:
            return None


def _is_bad_statement(error: OperationalError) -> bool:
    """Return whether SQLite refused the statement itself.

    For example one on a missing table, which PostgreSQL reports as ProgrammingError.
    """
    cause = error.__cause__
    return isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode == sqlite3.SQLITE_ERROR


class ShortOutages(logging.Filter):
    """Log filter that replaces the traceback of an outage by one line.

    During an outage all requests have the same one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if find_outage(error) is not None:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            record.msg, record.args = f"{record.getMessage()}: {reason[0]}", ()
            record.exc_info = record.exc_text = None
        return True
