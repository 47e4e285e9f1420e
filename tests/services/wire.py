"""A wire to a server on this machine, which a test can cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

PIECE = 64 * 1024


class Wire:
    """Carries bytes between clients and a server, each connection in threads of its own."""

    def __init__(self, server: tuple[str, int], listener: socket.socket) -> None:
        self._server = server
        self._listener = listener
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._left: int | None = None
        """Bytes to the server that still pass; None for no end of them."""

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut(self, *, after: int) -> None:
        """Break all connections after so many more bytes to the server, and each new one at once."""
        with self._lock:
            self._left = after

    def mend(self) -> None:
        with self._lock:
            self._left = None

    def serve(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._server) as server:
            with self._lock:
                self._open |= {client, server}
            back = threading.Thread(target=self._pass_on, args=(server, client), daemon=True)
            back.start()
            self._pass_on(client, server)
            back.join()
            with self._lock:
                self._open -= {client, server}

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                if target.getpeername() == self._server and not self._allowed(len(data)):
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _allowed(self, count: int) -> bool:
        with self._lock:
            if self._left is None:
                return True
            self._left -= count
            if self._left >= 0:
                return True
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            return False


@contextmanager
def wire_to(host: str, port: int) -> Iterator[Wire]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        wire = Wire((host, port), listener)
        threading.Thread(target=wire.serve, daemon=True).start()
        try:
            yield wire
        finally:
            wire.cut(after=-1)
            listener.shutdown(socket.SHUT_RDWR)
