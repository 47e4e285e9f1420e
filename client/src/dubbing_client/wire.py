"""Bulk bytes over HTTP, by the standard library: from files and into buffers, with nothing in between.

httpx makes the portal's calls; what is large comes through here, three times as fast (docs/decisions/0015-client.md). Certificates
and proxies come from the same environment as httpx takes them.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import select
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable
from urllib import request
from urllib.parse import unquote, urljoin, urlsplit

from dubbing_client.errors import ChangedError, FolderError, TransferError, UnreachableError, problem_of
from dubbing_client.retries import retry_after

if TYPE_CHECKING:
    import ssl

BLOCK = 256 * 1024
"""Bytes handed over at once; what stays in a processor's cache."""
TIMEOUT = 60.0
REDIRECTS = 4
ERROR_LIMIT = 64 * 1024
"""Bytes of a refusal that are read."""

OnBytes = Callable[[int], object]


@dataclass(frozen=True)
class Piece:
    """A range of a file, to be sent."""

    path: Path
    offset: int
    length: int
    shown: str
    """What a message calls the file."""


class Wire:
    """Connections that are kept and used again, by any number of threads, each for itself while it uses one."""

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[http.client.HTTPConnection]] = {}
        self._busy: set[http.client.HTTPConnection] = set()
        self._context: ssl.SSLContext | None = None
        self._is_aborted = False

    def close(self) -> None:
        """Close what is idle; what is busy is cut off, and whoever uses it gets an error."""
        with self._lock:
            self._is_aborted = True
            idle = [connection for kept in self._idle.values() for connection in kept]
            self._idle.clear()
            busy = list(self._busy)
        for connection in busy:
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
        for connection in idle:
            connection.close()

    # -- Sending ----------------------------------------------------------------------------------------------------

    def put(
        self,
        url: str,
        pieces: Sequence[Piece],
        *,
        headers: Mapping[str, str] | None = None,
        on_bytes: OnBytes | None = None,
    ) -> Mapping[str, str]:
        """Send pieces of files as one body; return the answer's headers, names in lower case.

        :param on_bytes: is told of every block that was handed to the system; what it raises ends the sending.
        :raises ChangedError: a file is shorter than it was.
        :raises Problem, UnreachableError: as the answer is, or none.
        """
        size = sum(piece.length for piece in pieces)
        with self._connection(url) as (connection, target), _translated(url):
            try:
                connection.putrequest("PUT", target, skip_accept_encoding=True)
                for name, value in {**(headers or {}), "Content-Length": str(size)}.items():
                    connection.putheader(name, value)
                connection.endheaders()
                for block in _blocks(pieces):
                    connection.send(block)
                    if on_bytes is not None:
                        on_bytes(len(block))
            except (BrokenPipeError, ConnectionResetError):
                # It may have refused before the end, and said why.
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self._answer(connection, url)
                raise
            response = self._answer(connection, url)
            response.read()
            return _headers(response)

    # -- Receiving --------------------------------------------------------------------------------------------------

    @contextmanager
    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Iterator[Body]:
        """Ask for bytes, and go where the answer sends us; a POST where there is a ``body``.

        :raises Problem, UnreachableError: as the answer is, or none.
        """
        given = dict(headers or {})
        for _ in range(REDIRECTS):
            with self._connection(url) as (connection, target):
                with _translated(url):
                    connection.request("GET" if body is None else "POST", target, body=body, headers=given)
                    response = self._answer(connection, url)
                    is_redirect = response.status in {301, 302, 303, 307, 308}
                    location = response.getheader("location") if is_redirect else None
                    if location is not None:
                        response.read()
                if location is None:
                    yield Body(response, url)
                    return
            there = urljoin(url, location)
            if urlsplit(there).netloc != urlsplit(url).netloc:
                given.pop("Authorization", None)  # the other one's business is to trust the address
            url, body = there, None
        raise TransferError("The portal sends us in circles.")

    # -- Connections ------------------------------------------------------------------------------------------------

    @contextmanager
    def _connection(self, url: str) -> Iterator[tuple[http.client.HTTPConnection, str]]:
        """Lend a connection for one exchange: back into the drawer if that was completed, closed otherwise."""
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc)
        connection = self._take(key)
        is_reusable = False
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            yield connection, url if _proxy_of(*key) and parts.scheme == "http" else target or "/"
            response = getattr(connection, "_HTTPConnection__response", None)
            is_reusable = response is None or response.isclosed()
        finally:
            with self._lock:
                self._busy.discard(connection)
                is_kept = is_reusable and not self._is_aborted and connection.sock is not None
                if is_kept:
                    self._idle.setdefault(key, []).append(connection)
            if not is_kept:
                connection.close()

    def _take(self, key: tuple[str, str]) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                if self._is_aborted:
                    raise UnreachableError("The connection was given up.")
                kept = self._idle.get(key)
                connection = kept.pop() if kept else self._new(*key)
                self._busy.add(connection)
            if connection.sock is None or not _is_stale(connection.sock):
                return connection
            connection.close()
            with self._lock:
                self._busy.discard(connection)

    def _new(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        host = urlsplit(f"//{netloc}")
        proxy = _proxy_of(scheme, netloc)
        there = urlsplit(proxy if "://" in proxy else f"//{proxy}") if proxy else host
        name, port = there.hostname or "", there.port
        if scheme == "http":
            return http.client.HTTPConnection(name, port, timeout=self._timeout)
        connection = http.client.HTTPSConnection(name, port, timeout=self._timeout, context=self._tls())
        if proxy:
            connection.set_tunnel(host.hostname or "", host.port or 443, headers=_proxy_headers(there))
        return connection

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            import httpx  # noqa: PLC0415 (only where there is TLS)

            self._context = httpx.create_ssl_context()
        return self._context

    def _answer(self, connection: http.client.HTTPConnection, url: str) -> http.client.HTTPResponse:
        response = connection.getresponse()
        if response.status < 400:  # noqa: PLR2004 (HTTP's own border)
            return response
        document: object = None
        with contextlib.suppress(ValueError):
            document = json.loads(response.read(ERROR_LIMIT))
        raise problem_of(
            response.status,
            document,
            reason=f"{response.reason} ({urlsplit(url).netloc})",
            retry_after=retry_after(response.getheader("retry-after")),
        )


class Body:
    """An answer whose bytes are still to come."""

    def __init__(self, response: http.client.HTTPResponse, url: str) -> None:
        self._response = response
        self._url = url
        self.status = response.status
        self.headers = _headers(response)

    @property
    def size(self) -> int | None:
        told = self.headers.get("content-length")
        return int(told) if told and told.isdigit() else None

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer, or a beginning of it; 0 at the end.

        :raises UnreachableError: the connection broke before the end.
        """
        with _translated(self._url):
            count = self._response.readinto(buffer)
            if not count and self._response.length:
                raise http.client.IncompleteRead(b"", self._response.length)
        return count


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """Turn what the network raises into our own error."""
    try:
        yield
    except socket.timeout as error:
        raise UnreachableError(f"{urlsplit(url).netloc} does not answer in time.") from error
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"{urlsplit(url).netloc} cannot be reached: {_reason(error)}.") from error


def _blocks(pieces: Iterable[Piece]) -> Iterator[memoryview]:
    view = memoryview(bytearray(BLOCK))
    filled = 0
    for piece in pieces:
        left = piece.length
        if not left:
            continue
        try:
            with piece.path.open("rb", buffering=0) as file:
                file.seek(piece.offset)
                while left:
                    count = file.readinto(view[filled : filled + min(left, BLOCK - filled)])
                    if not count:
                        raise ChangedError(piece.shown)
                    left -= count
                    filled += count
                    # Small files are joined, so that each does not become a packet of its own.
                    if filled == BLOCK:
                        yield view
                        filled = 0
        except FileNotFoundError:
            raise ChangedError(piece.shown) from None
        except OSError as error:
            raise FolderError(f"“{piece.shown}” cannot be read: {error.strerror or error}.") from error
    if filled:
        yield view[:filled]


def _is_stale(sock: socket.socket) -> bool:
    """Whether the other side closed a connection that was idle; there is nothing else it could say."""
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(sock, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True


def _proxy_of(scheme: str, netloc: str) -> str:
    proxies = request.getproxies_environment()
    proxy = proxies.get(scheme) or proxies.get("all") or ""
    is_direct = request.proxy_bypass_environment(netloc, proxies)  # type: ignore[attr-defined]  # it is there
    return "" if is_direct else proxy


def _proxy_headers(proxy: object) -> dict[str, str]:
    username = unquote(getattr(proxy, "username", None) or "")
    password = unquote(getattr(proxy, "password", None) or "")
    if not username:
        return {}
    told = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {told}"}


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "the connection broke off"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
