"""A TCP proxy whose connections a test can cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

CHUNK_SIZE = 64 * 1024


class TcpProxy:
    """Forward bytes between clients and a server; two threads per connection."""

    def __init__(self, server: tuple[str, int], listener: socket.socket) -> None:
        self._server = server
        self._listener = listener
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._remaining: int | None = None
        """Bytes to the server that are still forwarded; None for no limit."""

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut(self, *, after: int) -> None:
        """Break all connections after ``after`` more bytes to the server, and new ones immediately."""
        with self._lock:
            self._remaining = after

    def restore(self) -> None:
        with self._lock:
            self._remaining = None

    def serve(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._forward_both, args=(client,), daemon=True).start()

    def _forward_both(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._server) as server:
            with self._lock:
                self._open |= {client, server}
            back = threading.Thread(target=self._forward, args=(server, client), daemon=True)
            back.start()
            self._forward(client, server)
            back.join()
            with self._lock:
                self._open -= {client, server}

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK_SIZE):
                if target.getpeername() == self._server and not self._take_from_quota(len(data)):
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _take_from_quota(self, count: int) -> bool:
        with self._lock:
            if self._remaining is None:
                return True
            self._remaining -= count
            if self._remaining >= 0:
                return True
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            return False


@contextmanager
def tcp_proxy_to(host: str, port: int) -> Iterator[TcpProxy]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        proxy = TcpProxy((host, port), listener)
        threading.Thread(target=proxy.serve, daemon=True).start()
        try:
            yield proxy
        finally:
            proxy.cut(after=-1)
            listener.shutdown(socket.SHUT_RDWR)
