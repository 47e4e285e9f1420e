"""A network as people have it: connections end in the middle of something, come to a standstill, and begin again."""

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


class Fate(Enum):
    """How a connection ends before its time."""

    RESET = "reset"
    """Both ends hear at once that it is gone."""
    TRUNCATED = "truncated"
    """Both ends take it for the end of what was said."""
    SILENT = "silent"
    """Nothing arrives any more for a while; then it is gone."""


class Network:
    """Passes connections on to a server, and treats them badly while it is ``rough``.

    :param mean: bytes after which a connection ends, on average; how each ends is drawn from the seed.
    """

    def __init__(self, server_url: str, *, seed: int, mean: int, silence: float) -> None:
        there = urlsplit(server_url)
        self._server = (there.hostname, there.port)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._random = random.Random(seed)
        self._mean, self._silence = mean, silence
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.rough = True
        self.ended: list[Fate] = []
        """What became of connections so far."""
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
            left = int(self._random.expovariate(1 / self._mean))
            fate = self._random.choice(list(Fate))
        try:
            server = socket.create_connection(self._server, timeout=10)
        except OSError:  # it is being started anew
            _reset(client)
            return
        server.settimeout(None)
        _Connection(self, client, server, left, fate).run()

    def end(self, fate: Fate) -> None:
        with self._lock:
            self.ended.append(fate)
        if fate is Fate.SILENT:
            time.sleep(self._silence)


class _Connection:
    def __init__(
        self, network: Network, client: socket.socket, server: socket.socket, left: int, fate: Fate
    ) -> None:
        self._network, self._client, self._server = network, client, server
        self._left, self._fate = left, fate
        self._lock = threading.Lock()
        self._has_ended = False

    def run(self) -> None:
        back = threading.Thread(target=self._pass_on, args=(self._server, self._client), daemon=True)
        back.start()
        self._pass_on(self._client, self._server)
        back.join()
        for each in (self._client, self._server):
            each.close()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK_SIZE):
                with self._lock:
                    passing = data[: max(0, self._left)] if self._network.rough else data
                    self._left -= len(data)
                target.sendall(passing)
                if len(passing) < len(data):
                    self._end()
                    return
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _end(self) -> None:
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
        self._network.end(self._fate)
        for each in (self._client, self._server):
            if self._fate is Fate.RESET:
                _reset(each)
            else:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket) -> None:
    """End it as a crash does: with RST instead of FIN."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # A thread that waits on it keeps the descriptor: it has to be woken first.
        connection.shutdown(socket.SHUT_RD)
        connection.close()


@contextmanager
def bad_network(server_url: str, *, seed: int, mean: int, silence: float = 1.0) -> Iterator[Network]:
    network = Network(server_url, seed=seed, mean=mean, silence=silence)
    try:
        yield network
    finally:
        network.close()
