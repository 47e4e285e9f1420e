"""Generated databases, made once and stored in a folder between runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.services.folders import on_disk
from tests.services.postgres import Postgres, running_postgres
from tests.services.processes import ROOT
from tests.services.stacks import without_settings

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
DATABASES = (SQLITE, POSTGRESQL)
REVISION = 2
"""To be incremented with each change of the generated rows: stored databases are then made again."""
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""Where writes are measured."""
LARGER_SERVER = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "work_mem": "16MB",
}


def get_factor() -> float:
    """Return the part of the full size that the generated portal has.

    ``BENCH_SCALE=0.01`` tries the bench quickly.
    """
    return float(os.environ.get("BENCH_SCALE", "1"))


@contextmanager
def generated_database(
    database: str,
    *,
    folder: Path,
    factor: float = 1.0,
    is_changed: bool = False,
    module: str = "bench.population",
    revision: int = REVISION,
) -> Iterator[dict[str, str]]:
    """Yield the settings of a portal with the database, which is made or migrated.

    :param folder: stores the databases; several gigabytes each with ``factor`` 1.
    :param is_changed: use a copy, because the caller deletes or adds much.
    :param module: the program that fills a database.
    :param revision: of the rows that it generates.
    """
    name = f"{module.rpartition('.')[2]}-{revision}-{factor:g}"
    environment = {"SECRET_KEY": "only-for-benchmarks-" * 3, "LOG_LEVEL": "ERROR"}
    open_database = _sqlite if database == SQLITE else _postgresql
    fill = ("-m", module, f"{factor:g}")
    with open_database(folder / f"{name}-{database.casefold()}", fill, is_changed=is_changed) as settings:
        yield environment | settings


@contextmanager
def _sqlite(data_dir: Path, fill: Sequence[str], *, is_changed: bool) -> Iterator[dict[str, str]]:
    if not data_dir.exists():
        building = data_dir.with_name(f"{data_dir.name}.building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        _run({"DATA_DIR": str(building)}, *fill)
        building.rename(data_dir)
    _migrate({"DATA_DIR": str(data_dir)})
    if not is_changed:
        yield {"DATA_DIR": str(data_dir)}
        return
    copy = data_dir.with_name(f"{data_dir.name}-copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data_dir, copy)
    try:
        yield {"DATA_DIR": str(copy)}
    finally:
        shutil.rmtree(copy)


@contextmanager
def _postgresql(folder: Path, fill: Sequence[str], *, is_changed: bool) -> Iterator[dict[str, str]]:
    data_dir = folder / "data-dir"
    settings = {**LARGER_SERVER, **(DURABLE if is_changed else {})}
    data_dir.mkdir(parents=True, exist_ok=True)
    with running_postgres(data=_readable(folder) / "cluster", settings=settings) as server:
        base = {"DATA_DIR": str(data_dir), "SECRET_KEY": "only-for-benchmarks-" * 3}
        if not _exists(server, "population"):
            _execute(server, "DROP DATABASE IF EXISTS building WITH (FORCE)", "CREATE DATABASE building")
            _run({**base, "DATABASE_URL": server.url("building")}, *fill)
            _execute(server, "ALTER DATABASE building RENAME TO population")
        _migrate({**base, "DATABASE_URL": server.url("population")})
        if not is_changed:
            yield {**base, "DATABASE_URL": server.url("population")}
            return
        # Copies files; by default each page would be written to the log, too.
        _execute(
            server,
            "DROP DATABASE IF EXISTS copy WITH (FORCE)",
            "CREATE DATABASE copy TEMPLATE population STRATEGY FILE_COPY",
        )
        try:
            yield {**base, "DATABASE_URL": server.url("copy")}
        finally:
            _execute(server, "DROP DATABASE copy WITH (FORCE)")


def _readable(folder: Path) -> Path:
    """Return the folder, or one outside of root's home for PostgreSQL."""
    if os.geteuid() != 0 or not folder.resolve().is_relative_to("/root"):
        return folder
    outside = on_disk() / f"dubbing-{folder.name}"
    outside.mkdir(exist_ok=True)
    return outside


def _exists(server: Postgres, name: str) -> bool:
    with server.connect() as connection:
        return (
            connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None
        )


def _execute(server: Postgres, *statements: str) -> None:
    with server.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _migrate(settings: Mapping[str, str]) -> None:
    _run(settings, "manage.py", "migrate", "--verbosity=0")


def _run(settings: Mapping[str, str], *arguments: str) -> None:
    environment = {
        **without_settings(os.environ),
        "DJANGO_SETTINGS_MODULE": "dubbing_sessions.settings",
        **settings,
    }
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True)
