"""A reverse proxy in front of a portal, with a limit of the body's size and a prefix, as operators set them up."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from urllib.parse import urlsplit

CHUNK_SIZE = 64 * 1024
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


def discard(stream: BufferedIOBase) -> None:
    while stream.read(CHUNK_SIZE):
        pass


@contextmanager
def reverse_proxy_to(server_url: str, *, max_body: int, prefix: str = "") -> Iterator[str]:
    """Forward requests below ``prefix`` without it; yield the proxy's address.

    Larger bodies than ``max_body`` are refused with 413 before they are read, as nginx does; other paths with 404.
    """
    server = urlsplit(server_url)

    class Handler(BaseHTTPRequestHandler):
        def handle_request(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            if size > max_body:
                self._refuse()
            elif not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
            else:
                self._forward(self.rfile.read(size))

        def _refuse(self) -> None:
            """Respond and read on, as nginx does: a reset would overtake the response."""
            self.send_error(413)
            self.connection.shutdown(socket.SHUT_WR)
            discard(self.rfile)

        def _forward(self, body: bytes) -> None:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            with closing(http.client.HTTPConnection(server.hostname or "", server.port)) as connection:
                connection.request(self.command, self.path.removeprefix(prefix), body or None, headers)
                response = connection.getresponse()
                data = response.read()
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_request  # noqa: N815 (names in http.server)

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Clients close connections while a body is refused."""

    proxy = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
    finally:
        proxy.shutdown()
        proxy.server_close()
