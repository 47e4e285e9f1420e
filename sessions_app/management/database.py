"""Database schema of the embedded and the team's portal: check it, migrate it."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from sessions_app.management.data_folder import create_data_folder
from sessions_app.management.errors import Error
from sessions_app.management.locks import wait_for_lock
from sessions_app.operations.database_errors import is_disk_full

PrintLine = Callable[[str], None]

ADVISORY_LOCK = 0x6475_6262_696E_6773
"""Key of the PostgreSQL lock for migrations: arbitrary, but unlike that of any other program."""


def is_embedded() -> bool:
    """Return whether the database is the one in DATA_DIR.

    The portal migrates that one by itself.
    """
    database = settings.DATABASES[DEFAULT_DB_ALIAS]
    return bool(database["ENGINE"].endswith("sqlite3")) and Path(database["NAME"]).is_relative_to(
        settings.DATA_DIR
    )


def ensure_database() -> None:
    """Migrate the embedded database if necessary; check that a team's is migrated.

    :raises Error: the database cannot be reached, or a team's is not up to date.
    """
    if is_embedded():
        migrate(print_line=lambda _: None)
    elif _is_behind():
        raise Error(
            "The database is not up to date. Run `manage.py prepare`, then try again.", code="database_behind"
        )


def migrate(*, print_line: PrintLine) -> bool:
    """Migrate the database if necessary; return whether it was.

    Concurrent calls wait for each other.

    :raises Error: the database cannot be reached.
    """
    if not _is_behind():
        return False
    with _migration_lock():
        if not _is_behind():  # another process migrated it while this one waited
            return False
        print_line("Preparing the database")
        call_command("migrate", interactive=False, verbosity=0)
    return True


def _is_behind() -> bool:
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        if is_embedded():
            create_data_folder()
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except (DatabaseError, OSError) as error:
        if is_disk_full(error) or getattr(error, "errno", None) == errno.ENOSPC:
            raise Error(
                f"The disk of {settings.DATA_DIR} is full, so that the database cannot be opened. Free some space, then try again.",
                code="disk_full",
            ) from error
        reason = str(error).strip().splitlines()[0]
        raise Error(f"The database cannot be reached: {reason}", code="database_unreachable") from error


@contextmanager
def _migration_lock() -> Iterator[None]:
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        with wait_for_lock(settings.DATA_DIR / "prepare.lock"):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
