"""Downloads by a client that costs the server no more than one elsewhere would.

It has a process of its own; the kernel drops the bytes (MSG_TRUNC), so that nobody copies them; and it is woken once a MiB, because on loopback
waking it is work of the server's processor.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

BUFFER_SIZE = 1024 * 1024
TIMEOUT = 60


class DownloadError(OSError):
    """The server did not send what was asked for."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    port: int
    path: str
    cookie: str
    byte_range: str = ""
    """As in the header `Range`; all there is, without it."""


@dataclass(frozen=True, kw_only=True)
class Received:
    size: int
    """Bytes of the body that were read."""
    first_byte_s: float
    """From before the connection to the body's first byte."""
    all_s: float


def download(asked: Asked, *, first_byte_only: bool = False) -> Received:
    """Ask and throw away what comes.

    :raises DownloadError: it is no body of the length that it says.
    """
    buffer = memoryview(bytearray(BUFFER_SIZE))
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", asked.port), timeout=TIMEOUT) as connection:
        connection.sendall(_request(asked))
        wanted, size = _head(connection, buffer)
        if not size:
            size = connection.recv_into(buffer)
        first_byte = time.perf_counter() - began
        while size < wanted and not first_byte_only:
            low = BUFFER_SIZE if wanted - size > 2 * BUFFER_SIZE else 1
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, low)
            count = connection.recv_into(buffer, 0, socket.MSG_TRUNC)
            if not count:
                raise DownloadError(f"{asked.path} broke off after {size} of {wanted} bytes.")
            size += count
    return Received(size=size, first_byte_s=first_byte, all_s=time.perf_counter() - began)


def _request(asked: Asked) -> bytes:
    lines = [
        f"GET {asked.path} HTTP/1.1",
        f"Host: 127.0.0.1:{asked.port}",
        f"Cookie: {asked.cookie}",
        "Connection: close",
    ]
    if asked.byte_range:
        lines.append(f"Range: {asked.byte_range}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _head(connection: socket.socket, buffer: memoryview) -> tuple[int, int]:
    """Read the answer's head; return the body's length, and how much of it came along."""
    filled = 0
    while (end := bytes(buffer[:filled]).find(b"\r\n\r\n")) < 0:
        count = connection.recv_into(buffer[filled:])
        if not count:
            raise DownloadError("The server hung up.")
        filled += count
    status, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if status.split()[1] not in {"200", "206"} or "content-length" not in headers:
        raise DownloadError(f"The server answers: {status}")
    return int(headers["content-length"]), filled - end - 4
