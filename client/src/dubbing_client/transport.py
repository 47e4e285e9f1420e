"""HTTP requests: calls, files as request bodies, streamed responses."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import DecodeError

from dubbing_client.connections import TIMEOUT, ConnectionPools, translated_errors
from dubbing_client.errors import ChangedError, FolderError, TransferError, problem_of
from dubbing_client.retries import parse_retry_after
from dubbing_core.sizes import format_size

BLOCK_SIZE = 256 * 1024
"""Bytes that are read or sent at once; small enough to stay in the processor's cache."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SAME_METHOD = frozenset({307, 308})
"""Redirects that repeat the request; the others ask for its result with GET."""
MAX_REDIRECTS = 4
ERROR_LIMIT = 64 * 1024
"""Bytes of an error response that are read."""

RESPONSE_LIMIT = 256 * 1024 * 1024
"""Bytes of a whole response, decompressed; a manifest of a million files is smaller."""

OnBytes = Callable[[int], object]


class FileRange(NamedTuple):
    """A range of a file, to be sent."""

    path: Path
    offset: int
    length: int
    name: str
    """The file's name in error messages."""


class Response(NamedTuple):
    """A whole response."""

    status: int
    reason: str
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes


class Transport:
    """HTTP for any number of threads."""

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._pools = ConnectionPools(timeout=timeout)

    def close(self) -> None:
        """Close all connections; requests in progress fail with an `UnreachableError`."""
        self._pools.close()

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response:
        """Make one request and return the whole response, errors and redirects included.

        :raises UnreachableError: there was no response.
        :raises TransferError: it is too large.
        """
        with translated_errors(url):
            response = self._pools.manager_for(url).request(
                method,
                url,
                headers={"Accept-Encoding": "gzip", **(headers or {})},
                body=body,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            data = _read_all(response, RESPONSE_LIMIT)
            if response.headers.get("content-encoding") == "gzip":
                data = _gunzipped(data)
        return Response(response.status, response.reason or "", response.headers, data)

    def put(
        self,
        url: str,
        ranges: Sequence[FileRange],
        *,
        headers: Mapping[str, str] | None = None,
        on_bytes: OnBytes | None = None,
    ) -> Response:
        """Send ranges of files as one body; return the response.

        :param on_bytes: called with the size of each block sent; an exception from it cancels the request.
        :raises ChangedError: a file is shorter than it was.
        :raises Problem, UnreachableError: an error response, or none.
        """
        size = sum(file_range.length for file_range in ranges)
        with translated_errors(url):
            response = self._pools.manager_for(url).request(
                "PUT",
                url,
                headers={**(headers or {}), "Accept-Encoding": "identity", "Content-Length": str(size)},
                body=_blocks(ranges, on_bytes),  # type: ignore[arg-type]  # buffers are sent without a copy
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            data = _read_all(response, RESPONSE_LIMIT)
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise _problem(response, data, url)
        return Response(response.status, response.reason or "", response.headers, data)

    @contextmanager
    def stream(
        self, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Iterator[StreamedResponse]:
        """Make a request, a POST if it has a body, and stream the response.

        Redirects are followed.

        :raises Problem, UnreachableError: an error response, or none.
        """
        response, url = self._open(url, headers={"Accept-Encoding": "identity", **(headers or {})}, body=body)
        try:
            if response.status >= HTTPStatus.BAD_REQUEST:
                with translated_errors(url):
                    data = response.read(ERROR_LIMIT)
                raise _problem(response, data, url)
            yield StreamedResponse(response, url)
        finally:
            response.close()  # unless it was read to its end: then the connection is in the pool again

    def _open(self, url: str, *, headers: dict[str, str], body: bytes | None) -> tuple[BaseHTTPResponse, str]:
        """Make a request and follow redirects; return the response and its URL.

        urllib3 would send the redirected request through the proxy of the first URL.
        """
        for _ in range(MAX_REDIRECTS + 1):
            with translated_errors(url):
                response = self._pools.manager_for(url).request(
                    "GET" if body is None else "POST",
                    url,
                    headers=headers,
                    body=body,
                    retries=False,
                    preload_content=False,
                    decode_content=False,
                )
                location = response.headers.get("location") if response.status in REDIRECTS else None
                if location is None:
                    return response, url
                _read_all(response, RESPONSE_LIMIT)
            target = urljoin(url, location)
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                headers.pop("Authorization", None)
            if response.status not in SAME_METHOD:
                body = None
            url = target
        raise TransferError("The portal redirects too often.")


class StreamedResponse:
    """A response whose body is still to be read."""

    def __init__(self, response: BaseHTTPResponse, url: str) -> None:
        self._response = response
        self._url = url
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    @property
    def size(self) -> int | None:
        """Size of the body in bytes, if the server sent it."""
        size = self.headers.get("content-length", "")
        return int(size) if size.isdigit() else None

    def read(self, size: int) -> bytes:
        """Return the next bytes: as many as asked for, fewer only at the end.

        :raises UnreachableError: the connection was interrupted.
        """
        with translated_errors(self._url):
            return self._response.read(size)


def _problem(response: BaseHTTPResponse, data: bytes, url: str) -> Exception:
    document: object = None
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(data)
    return problem_of(
        response.status,
        document,
        reason=f"{response.reason} ({urlsplit(url).netloc})",
        retry_after=parse_retry_after(response.headers.get("retry-after")),
    )


def _read_all(response: BaseHTTPResponse, limit: int) -> bytes:
    """Read a body to its end, so that the connection can be used again.

    :raises TransferError: it is larger than the limit; the connection is closed.
    """
    blocks, size = [], 0
    for block in response.stream(BLOCK_SIZE, decode_content=False):
        blocks.append(block)
        size += len(block)
        if size > limit:
            response.close()
            raise _oversized(limit)
    return b"".join(blocks)


def _gunzipped(data: bytes) -> bytes:
    """Decompress a whole body; urllib3 would accept one that is cut off.

    :raises TransferError: it is too large.
    """
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # with gzip's header
    try:
        body = stream.decompress(data, RESPONSE_LIMIT)
    except zlib.error as error:
        raise DecodeError(f"the response is not valid gzip ({error})") from error
    if stream.unconsumed_tail:
        raise _oversized(RESPONSE_LIMIT)
    if not stream.eof:
        raise DecodeError("the response is not valid gzip (it is incomplete)")
    return body


def _oversized(limit: int) -> TransferError:
    return TransferError(f"The portal sent a response of more than {format_size(limit)}.")


def _blocks(ranges: Iterable[FileRange], on_bytes: OnBytes | None) -> Iterator[memoryview]:
    for block in _read_blocks(ranges):
        yield block
        if on_bytes is not None:
            on_bytes(len(block))


def _read_blocks(ranges: Iterable[FileRange]) -> Iterator[memoryview]:
    """Yield blocks of one buffer, in which small files are joined."""
    view = memoryview(bytearray(BLOCK_SIZE))
    filled = 0
    for piece in ranges:
        left = piece.length
        if not left:
            continue
        try:
            with piece.path.open("rb", buffering=0) as file:
                file.seek(piece.offset)
                while left:
                    count = file.readinto(view[filled : filled + min(left, BLOCK_SIZE - filled)])
                    if not count:
                        raise ChangedError(piece.name)
                    left -= count
                    filled += count
                    if filled == BLOCK_SIZE:
                        yield view
                        filled = 0
        except FileNotFoundError:
            raise ChangedError(piece.name) from None
        except OSError as error:
            raise FolderError(f"“{piece.name}” cannot be read: {error.strerror or error}.") from error
    if filled:
        yield view[:filled]
