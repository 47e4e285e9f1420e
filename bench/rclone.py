"""rclone: copies a folder to its own WebDAV server on this machine.

It neither hashes nor syncs.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import peers
from tests.services.ports import reserve_port
from tests.services.processes import Service

NAME = "rclone copy, WebDAV"


def find() -> str | None:
    return shutil.which("rclone")


class Server:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = reserve_port()
        self._turn = 0
        folder.mkdir(parents=True)

    def serve(self) -> Service:
        command = ["rclone", "serve", "webdav", "--addr", f"127.0.0.1:{self._port}", str(self._folder)]
        server = Service("rclone", command, log=self._folder.parent / "rclone.log")
        server.wait_until(self._listens)
        return server

    def empty(self) -> None:
        """Delete the copy.

        The next copy gets another name, because the server caches names.
        """
        peers.remove(self._folder / f"talk-{self._turn}")
        self._turn += 1

    def copy(self, source: Path) -> float:
        return peers.run(
            *("rclone", "copy", "--quiet", source, f":webdav:talk-{self._turn}"),
            *("--webdav-url", f"http://127.0.0.1:{self._port}"),
        )

    def check(self, source: Path) -> None:
        peers.check_folder(self._folder / f"talk-{self._turn}", source)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


@contextmanager
def serving(folder: Path) -> Iterator[Server | None]:
    """Start the server; yield None if rclone is not installed."""
    if find() is None:
        yield None
        return
    server = Server(folder)
    service = server.serve()
    try:
        yield server
    finally:
        service.stop()
