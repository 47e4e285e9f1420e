"""A TCP proxy that counts the bytes of each direction and limits their rate."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

CHUNK_SIZE = 256 * 1024
BURST = 0.02
"""Seconds for which an idle link may exceed its rate."""


class Direction:
    """One direction of all connections: bytes so far, and the rate limit."""

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.bytes = 0
        self.rate: float | None = None
        """Bytes per second; None for no limit."""
        self._now, self._sleep = now, sleep
        self._free_at = 0.0
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Count bytes and wait until the rate permits them."""
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
    """A forwarder of connections. Counts TCP payload, HTTP headers included."""

    def __init__(self, server_url: str) -> None:
        url = urlsplit(server_url)
        self._server = (url.hostname, url.port)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.sent, self.received = Direction(), Direction()
        """From the client to the server, and back."""
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def set_rate(self, rate: float | None) -> None:
        """Limit each direction to this many bytes per second."""
        self.sent.rate = self.received.rate = rate

    def reset(self) -> None:
        """Reset the byte counters."""
        self.sent.bytes = self.received.bytes = 0

    def close(self) -> None:
        _shut(self._listening)  # ends accept(), which close() alone does not
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
            back = threading.Thread(target=_forward, args=(server, client, self.received), daemon=True)
            back.start()
            _forward(client, server, self.sent)
            back.join()
            self._open -= {client, server}


def _forward(source: socket.socket, target: socket.socket, direction: Direction) -> None:
    """Forward until the source closes, then half-close the target.

    The target may still respond.
    """
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
