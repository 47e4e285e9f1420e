"""Clients that occupy connections: silent, slow to send, or not reading.

They run in their own process. Each kind is opened at once; ``SlowClients`` is a context in which all are open.
"""

from __future__ import annotations

import multiprocessing
import resource
import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

HALF_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow"
STEP = 0.1
"""Seconds between two pieces of a slow upload."""
RECEIVE_BUFFER = 4096
"""Bytes; the system's minimum is a little more."""


@dataclass(frozen=True, kw_only=True)
class SlowUpload:
    """A request with a body of ``size`` bytes."""

    head: bytes
    size: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    port: int
    idle: int = 0
    half_heads: int = 0
    uploads: Sequence[SlowUpload] = ()
    rate: int = 100_000
    """Bytes per second of each upload."""
    downloads: Sequence[bytes] = ()
    """Requests whose responses are not read."""


@dataclass(kw_only=True)
class Report:
    """What became of the clients."""

    connected: int = 0
    closed: Counter[str] = field(default_factory=Counter)
    """Number of connections that the server closed, by kind."""
    responses: Counter[str] = field(default_factory=Counter)
    """Status lines of complete uploads and of refusals."""


class SlowClients:
    def __init__(self, plan: Plan) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, other_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(other_end, plan), daemon=True)
        self._process.start()
        other_end.close()

    def __enter__(self) -> Self:
        """Return when all are connected and have sent their first bytes."""
        self._connection.recv()
        return self

    def report(self) -> Report:
        """Return what became of them so far."""
        self._connection.send("report")
        report: Report = self._connection.recv()
        return report

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.join()


def _serve(connection: Connection, plan: Plan) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = _Clients(plan)
    connection.send("ready")
    while True:
        deadline = time.monotonic() + STEP
        clients.step()
        with suppress(EOFError):
            while connection.poll(max(0.0, deadline - time.monotonic())):
                connection.recv()
                connection.send(clients.report)
            continue
        return


class _Clients:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._selector = selectors.DefaultSelector()
        self._uploads: dict[socket.socket, int] = {}
        """Bytes left to send."""
        self._unread: list[socket.socket] = []
        """Kept open."""
        self.report = Report()
        for _ in range(plan.idle):
            self._connect("idle")
        for _ in range(plan.half_heads):
            self._connect("half head").send(HALF_HEAD)
        for upload in plan.uploads:
            client = self._connect("upload")
            client.sendall(upload.head)
            self._uploads[client] = upload.size
        for head in plan.downloads:
            self._connect("download", reads=False).sendall(head)

    def _connect(self, kind: str, *, reads: bool = True) -> socket.socket:
        client = socket.socket()
        if not reads:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        client.settimeout(10)
        client.connect(("127.0.0.1", self._plan.port))
        client.setblocking(False)
        if reads:
            self._selector.register(client, selectors.EVENT_READ, kind)
        else:
            self._unread.append(client)
        self.report.connected += 1
        return client

    def step(self) -> None:
        """Send a piece of every upload, and notice what the server sent."""
        piece = bytes(int(self._plan.rate * STEP))
        for client, left in list(self._uploads.items()):
            try:
                sent = client.send(piece[:left])
            except BlockingIOError:
                continue
            except OSError:
                del self._uploads[client]
                continue
            self._uploads[client] = left - sent
            if not self._uploads[client]:
                del self._uploads[client]
        for key, _ in self._selector.select(0):
            reading = key.fileobj
            assert isinstance(reading, socket.socket)
            try:
                data = reading.recv(65536)
            except OSError:
                data = b""
            if data.startswith(b"HTTP/"):
                self.report.responses[data.split(b"\r\n")[0].decode()] += 1
            if not data:
                self.report.closed[key.data] += 1
                self._selector.unregister(reading)
