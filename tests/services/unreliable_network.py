"""An unreliable network: a TCP proxy whose connections are reset, truncated or stall."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from urllib.parse import urlsplit

CHUNK_SIZE = 64 * 1024


class Failure(Enum):
    """How a connection fails."""

    RESET = "reset"
    """Both ends get RST."""
    TRUNCATED = "truncated"
    """Both ends get FIN, in the middle of a message."""
    SILENT = "silent"
    """Nothing is forwarded for a while; then both ends get FIN."""


class Network:
    """Forward connections to a server; while ``is_failing``, each fails after some bytes.

    :param seed: of the random generator that draws each connection's length and failure.
    :param mean: average number of bytes after which a connection fails.
    :param silence: seconds without traffic before a ``SILENT`` failure ends the connection.
    """

    def __init__(self, server_url: str, *, seed: int, mean: int, silence: float) -> None:
        url = urlsplit(server_url)
        self._server = (url.hostname, url.port)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._random = random.Random(seed)
        self._mean, self._silence = mean, silence
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.is_failing = True
        self.failures: list[Failure] = []
        """The failures so far."""
        threading.Thread(target=self._accept, name="network", daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(client,), name="network", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            remaining = int(self._random.expovariate(1 / self._mean))
            failure = self._random.choice(list(Failure))
        try:
            server = socket.create_connection(self._server, timeout=10)
        except OSError:  # the server is restarting
            _reset(client)
            return
        server.settimeout(None)
        _Connection(self, client, server, remaining, failure).run()

    def fail(self, failure: Failure) -> None:
        with self._lock:
            self.failures.append(failure)
        if failure is Failure.SILENT:
            time.sleep(self._silence)


class _Connection:
    def __init__(
        self, network: Network, client: socket.socket, server: socket.socket, remaining: int, failure: Failure
    ) -> None:
        self._network, self._client, self._server = network, client, server
        self._remaining, self._failure = remaining, failure
        self._lock = threading.Lock()
        self._has_failed = False

    def run(self) -> None:
        back = threading.Thread(target=self._forward, args=(self._server, self._client), daemon=True)
        back.start()
        self._forward(self._client, self._server)
        back.join()
        for each in (self._client, self._server):
            each.close()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK_SIZE):
                with self._lock:
                    forwarded = data[: max(0, self._remaining)] if self._network.is_failing else data
                    self._remaining -= len(data)
                target.sendall(forwarded)
                if len(forwarded) < len(data):
                    self._fail()
                    return
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _fail(self) -> None:
        with self._lock:
            if self._has_failed:
                return
            self._has_failed = True
        self._network.fail(self._failure)
        for each in (self._client, self._server):
            if self._failure is Failure.RESET:
                _reset(each)
            else:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN, as a crash does."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # A thread blocked in recv() keeps the descriptor open until it is woken.
        connection.shutdown(socket.SHUT_RD)
        connection.close()


@contextmanager
def unreliable_network(server_url: str, *, seed: int, mean: int, silence: float = 1.0) -> Iterator[Network]:
    network = Network(server_url, seed=seed, mean=mean, silence=silence)
    try:
        yield network
    finally:
        network.close()
