"""Brings the database and the static files up to date, whoever asks first. Two that ask at once wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from sessions_app.management.locks import exclusive
from sessions_app.management.refusals import Error

Tell = Callable[[str], None]

ADVISORY_LOCK = 0x6475_6262_696E_6773
"""Of PostgreSQL, for migrations; any number that nobody else uses."""


def is_embedded() -> bool:
    """Whether the database is the one below DATA_DIR, which the portal looks after itself."""
    database = settings.DATABASES[DEFAULT_DB_ALIAS]
    return bool(database["ENGINE"].endswith("sqlite3")) and Path(database["NAME"]).is_relative_to(
        settings.DATA_DIR
    )


def ensure_database() -> None:
    """Make sure that a command finds its tables: the embedded database is migrated quietly, a team's never is.

    :raises Error: the database cannot be reached, or a team's is behind.
    """
    if is_embedded():
        migrate(tell=lambda _: None)
    elif _is_behind():
        raise Error(
            "The database is not up to date. Run `manage.py prepare`, then try again.", code="database_behind"
        )


def migrate(*, tell: Tell) -> bool:
    """Migrate the database if it is behind; tell whether it was.

    :raises Error: the database cannot be reached.
    """
    if not _is_behind():
        return False
    with _migration_lock():
        if not _is_behind():  # somebody else did it while we waited
            return False
        tell("Preparing the database")
        call_command("migrate", interactive=False, verbosity=0)
    return True


def _is_behind() -> bool:
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        if is_embedded():
            settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except (DatabaseError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise Error(f"The database cannot be reached: {reason}", code="database_unreachable") from error


@contextmanager
def _migration_lock() -> Iterator[None]:
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        with exclusive(settings.DATA_DIR / "prepare.lock"):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def collect_static(*, tell: Tell) -> bool:
    """Collect, name and compress the static files if any of them changed; return whether one had.

    :raises Error: the front end is not built.
    """
    if not (settings.BASE_DIR / "static" / "dist").is_dir():
        raise Error(
            "The front end is not built. Run `make frontend`, then try again.", code="frontend_missing"
        )
    stamp = settings.STATIC_ROOT / ".collected"
    with exclusive(settings.STATIC_ROOT / ".collecting"):
        wanted = _static_fingerprint()
        if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
            return False
        tell("Collecting static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(wanted, encoding="ascii")
    return True


def _static_fingerprint() -> str:
    lines = [settings.VERSION, django.__version__]
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            lines.append(f"{path} {stat.st_size} {stat.st_mtime_ns}")
    return sha256("\n".join(lines).encode()).hexdigest()
