"""Migrated databases, to be copied: migrating an empty one takes 4 s of CPU, starting a new cluster another 2 s.

They stay in .build over test runs, until migrations, settings or packages change.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from sessions_app.management.locks import wait_for_lock
from tests.services.folders import temporary_folder
from tests.services.postgres import running_postgres
from tests.services.processes import ROOT
from tests.services.waits import LIMIT

FOLDER = ROOT / ".build" / "databases"
NAME = "migrated"
"""The database's name in the cluster."""
INPUTS = (
    "requirements/base.txt",
    "requirements/dev.txt",
    "dubbing_sessions/database_settings.py",
    "dubbing_sessions/settings.py",
    "sessions_app/migrations/*.py",
    "tests/services/postgres.py",
)


def get_sqlite_file(environment: Mapping[str, str]) -> Path:
    """Return the file of a migrated SQLite database.

    :param environment: variables of the process that migrates it, without the portal's settings.
    """

    def create(folder: Path) -> None:
        migrate({**environment, "DATA_DIR": str(folder)})

    return _find_or_create("sqlite", create) / "db.sqlite3"


def get_postgres_cluster(environment: Mapping[str, str]) -> Path:
    """Return the folder of a cluster with a migrated database."""

    def create(folder: Path) -> None:
        # In a temporary folder: the server's account may have no access to this one.
        with temporary_folder("cluster") as temporary:
            data = temporary / "data"
            with running_postgres(data=data) as server:
                with server.connect() as connection:
                    connection.execute(f"CREATE DATABASE {NAME}")
                settings = {"DATABASE_URL": server.url(NAME), "SECRET_KEY": "only-for-tests-" * 4}
                migrate({**environment, **settings, "DATA_DIR": str(temporary)})
            shutil.copytree(data, folder, dirs_exist_ok=True)

    return _find_or_create("postgres", create)


def migrate(environment: Mapping[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=LIMIT)


def _find_or_create(name: str, create: Callable[[Path], None]) -> Path:
    """Return the folder of this name; processes that need it at the same time wait for the first."""
    folder = FOLDER / name / _fingerprint()
    with wait_for_lock(FOLDER / f"{name}.lock"):
        if not folder.exists():
            shutil.rmtree(folder.parent, ignore_errors=True)
            draft = folder.with_name("draft")
            draft.mkdir(parents=True)
            create(draft)
            draft.rename(folder)
    return folder


def _fingerprint() -> str:
    digest = sha256(sqlite3.sqlite_version.encode())
    for path in sorted(path for pattern in INPUTS for path in ROOT.glob(pattern)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
