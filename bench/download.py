"""A download client that uses little of the server's CPU time, like a remote one.

It runs in its own process; the kernel discards the data without copying it (MSG_TRUNC); and it wakes once per MiB, because on loopback
the server's core pays for each wake-up.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

BUFFER_SIZE = 1024 * 1024
TIMEOUT = 60


class DownloadError(OSError):
    """The server did not send the requested data."""


@dataclass(frozen=True, kw_only=True)
class DownloadRequest:
    port: int
    path: str
    cookie: str
    byte_range: str = ""
    """Value of the header `Range`; empty for the whole file."""


@dataclass(frozen=True, kw_only=True)
class Received:
    size: int
    """Bytes of the body that were read."""
    first_byte_s: float
    """Seconds from before the connection to the first byte of the body."""
    all_s: float


def download(request: DownloadRequest, *, first_byte_only: bool = False) -> Received:
    """Download and discard the body.

    :raises DownloadError: the response has no body of the stated length.
    """
    buffer = memoryview(bytearray(BUFFER_SIZE))
    start = time.perf_counter()
    with socket.create_connection(("127.0.0.1", request.port), timeout=TIMEOUT) as connection:
        connection.sendall(_request_head(request))
        total, size = _read_head(connection, buffer)
        if not size:
            size = connection.recv_into(buffer)
        first_byte = time.perf_counter() - start
        while size < total and not first_byte_only:
            low = BUFFER_SIZE if total - size > 2 * BUFFER_SIZE else 1
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, low)
            count = connection.recv_into(buffer, 0, socket.MSG_TRUNC)
            if not count:
                raise DownloadError(f"{request.path} broke off after {size} of {total} bytes.")
            size += count
    return Received(size=size, first_byte_s=first_byte, all_s=time.perf_counter() - start)


def _request_head(request: DownloadRequest) -> bytes:
    lines = [
        f"GET {request.path} HTTP/1.1",
        f"Host: 127.0.0.1:{request.port}",
        f"Cookie: {request.cookie}",
        "Connection: close",
    ]
    if request.byte_range:
        lines.append(f"Range: {request.byte_range}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _read_head(connection: socket.socket, buffer: memoryview) -> tuple[int, int]:
    """Read the response's head.

    Returns the body's length and the number of body bytes read with the head.
    """
    filled = 0
    while (end := bytes(buffer[:filled]).find(b"\r\n\r\n")) < 0:
        count = connection.recv_into(buffer[filled:])
        if not count:
            raise DownloadError("The server closed the connection.")
        filled += count
    status, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if status.split()[1] not in {"200", "206"} or "content-length" not in headers:
        raise DownloadError(f"Unexpected response: {status}")
    return int(headers["content-length"]), filled - end - 4
