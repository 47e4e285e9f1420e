"""A link between client and server that counts what passes each way, and is as fast as it is told to be."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

CHUNK_SIZE = 256 * 1024
BURST = 0.02
"""Seconds for which a link that was idle may be faster than its rate."""


class Direction:
    """What passes one way, over all connections."""

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.bytes = 0
        self.rate: float | None = None
        """Bytes a second; None: as fast as it goes."""
        self._now, self._sleep = now, sleep
        self._free_at = 0.0
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Count bytes and wait until the link has room for them."""
        with self._lock:
            self.bytes += count
            if self.rate is None:
                return
            now = self._now()
            self._free_at = max(self._free_at, now - BURST) + count / self.rate
            wait = self._free_at - now
        if wait > 0:
            self._sleep(wait)


class Relay:
    """Passes connections on to a server. Bytes are those of TCP's payload: headers of requests and answers are among them."""

    def __init__(self, server_url: str) -> None:
        there = urlsplit(server_url)
        self._server = (there.hostname, there.port)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.sent, self.received = Direction(), Direction()
        """From the client to the server, and back."""
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def set_rate(self, rate: float | None) -> None:
        """Make the link this many bytes a second fast, each way."""
        self.sent.rate = self.received.rate = rate

    def forget(self) -> None:
        """Count from zero again."""
        self.sent.bytes = self.received.bytes = 0

    def close(self) -> None:
        _shut(self._listening)  # which ends accept(); close() alone does not
        self._listening.close()
        for each in tuple(self._open):
            _shut(each)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(client,), name="relay", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._server) as server:
            self._open |= {client, server}
            back = threading.Thread(target=_pass_on, args=(server, client, self.received), daemon=True)
            back.start()
            _pass_on(client, server, self.sent)
            back.join()
            self._open -= {client, server}


def _pass_on(source: socket.socket, target: socket.socket, direction: Direction) -> None:
    """Until the source hangs up; then the target hears of it, and may still answer."""
    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = memoryview(bytearray(CHUNK_SIZE))
    with suppress(OSError):
        while count := source.recv_into(buffer):
            direction.take(count)
            target.sendall(buffer[:count])
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def relayed(server_url: str) -> Iterator[Relay]:
    relay = Relay(server_url)
    try:
        yield relay
    finally:
        relay.close()
