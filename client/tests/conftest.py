from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dubbing_client.dropin.manager import ProjectSessionManager
from dubbing_client.folder import Folder
from dubbing_client.state import State

assert importlib.util.find_spec("django") is None, "The client is tested without Django."

OLD_NS = 1_700_000_000_123_456_789


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a configuration directory of the test's own."""
    for name in [name for name in os.environ if name.startswith("DUBS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DUBS_HOME", str(folder))
    return folder


class Work:
    """A pipeline's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.folder = Folder(path)

    def write(self, path: str, data: bytes = b"data", *, mtime_ns: int | None = OLD_NS) -> Path:
        """Write a file, by default with an old modification time."""
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        if mtime_ns is not None:
            os.utime(place, ns=(mtime_ns, mtime_ns))
        return place

    def state(self) -> State:
        return State.read("https://portal.example.com", self.folder)

    def listed(self) -> list[str]:
        return sorted(self.folder.listing().files)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path / "work")


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectSessionManager:
    """The original's class in an empty current folder."""
    monkeypatch.chdir(tmp_path)
    return ProjectSessionManager(local=True)


class Server:
    """An HTTP server that calls ``respond(handler)`` for every request."""

    def __init__(self, respond: Callable[[Any], None]) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_request(self) -> None:
                outer.requests.append(
                    (self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
                )
                respond(self)

            do_GET = do_PUT = do_POST = do_CONNECT = handle_request  # noqa: N815 (names in http.server)

            def log_message(self, *_: object) -> None: ...

            def body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def respond(self, status: int, body: bytes = b"", **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        class Listening(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Tests interrupt connections on purpose."""

        self.server = Listening(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Any], None]], Server]]:
    servers: list[Server] = []

    def start(respond: Callable[[Any], None]) -> Server:
        servers.append(Server(respond))
        return servers[-1]

    yield start
    for each in servers:
        each.server.shutdown()
        each.server.server_close()
