"""HTTP by the standard library: from files and into buffers with nothing in between, and whole answers for calls (docs/decisions/0015-client.md)."""

from __future__ import annotations

import contextlib
import http.client
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Callable, NamedTuple
from urllib.parse import urljoin, urlsplit

from dubbing_client.connections import TIMEOUT, Connections, translated
from dubbing_client.errors import ChangedError, FolderError, TransferError, problem_of
from dubbing_client.retries import retry_after

BLOCK = 256 * 1024
"""Bytes handed over at once; what stays in a processor's cache."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HOPS = 4
"""How often an answer may send us elsewhere."""
ERROR_LIMIT = 64 * 1024
"""Bytes of a refusal that are read."""

OnBytes = Callable[[int], object]


class Piece(NamedTuple):
    """A range of a file, to be sent."""

    path: Path
    offset: int
    length: int
    shown: str
    """What a message calls the file."""


class Reply(NamedTuple):
    """A whole answer, whatever it says."""

    status: int
    reason: str
    headers: Mapping[str, str]
    """With names in lower case."""
    body: bytes


class Wire:
    """Exchanges with servers, by any number of threads."""

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._connections = Connections(timeout=timeout)

    def close(self) -> None:
        """Close what is idle; what is busy is cut off, and whoever waits for it gets an error."""
        self._connections.close()

    # -- Calling ----------------------------------------------------------------------------------------------------

    def call(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """Ask, and return the whole answer, refusals and redirects included.

        :raises UnreachableError: there is none.
        """
        given = {"Accept-Encoding": "gzip", **(headers or {})}
        with self._connections.lend(url) as lent, translated(url):
            lent.connection.request(method, lent.target, body=body, headers={**given, **lent.headers})
            response = lent.connection.getresponse()
            data = response.read()
            if response.getheader("content-encoding") == "gzip":
                data = _unzipped(data)
            return Reply(response.status, response.reason, _headers(response), data)

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
        with self._connections.lend(url) as lent, translated(url):
            connection = lent.connection
            try:
                connection.putrequest("PUT", lent.target, skip_accept_encoding=True)
                for name, value in {**(headers or {}), **lent.headers, "Content-Length": str(size)}.items():
                    connection.putheader(name, value)
                connection.endheaders()
                for block in _blocks(pieces):
                    connection.send(block)
                    if on_bytes is not None:
                        on_bytes(len(block))
            except (BrokenPipeError, ConnectionResetError):
                # It may have refused before the end, and said why.
                with contextlib.suppress(OSError, http.client.HTTPException):
                    _answer(connection, url)
                raise
            response = _answer(connection, url)
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
        for _ in range(HOPS):
            with self._connections.lend(url) as lent:
                with translated(url):
                    method = "GET" if body is None else "POST"
                    lent.connection.request(method, lent.target, body=body, headers={**given, **lent.headers})
                    response = _answer(lent.connection, url)
                    is_redirect = response.status in REDIRECTS
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
        with translated(self._url):
            count = self._response.readinto(buffer)
            if not count and self._response.length:
                raise http.client.IncompleteRead(b"", self._response.length)
        return count


def _answer(connection: http.client.HTTPConnection, url: str) -> http.client.HTTPResponse:
    response = connection.getresponse()
    if response.status < HTTPStatus.BAD_REQUEST:
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


def _unzipped(data: bytes) -> bytes:
    try:
        return zlib.decompress(data, wbits=zlib.MAX_WBITS | 16)  # with gzip's header
    except zlib.error as error:
        raise http.client.HTTPException(f"what came is no gzip ({error})") from error


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


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}
