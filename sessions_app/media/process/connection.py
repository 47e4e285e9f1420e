"""Connection with the worker: ranges of the file, and a file for results.

Messages in both directions have a header of a letter, a number and a length:

    H             <- the process is ready
    F size        -> read the facts of a file
    M size n      -> make derivatives of it, n bytes of JSON follow
    R start n     <- send n bytes of the file; the response is the bytes alone
    O size n      <- a derivative, described by n bytes of JSON; its bytes are in the file for results
    K             -> it was stored
    D 0 n         <- the end: n bytes of JSON
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
from collections import OrderedDict
from typing import Any

HEADER = struct.Struct("!cQI")
BLOCK = 1024 * 1024
CACHED_BLOCKS = 8
READ_LIMIT = 96 * 1024**2
"""Bytes read of one file for its facts: indexes of ten hours have 20 MiB."""
SMALL_SIZE = 128 * 1024**2
REPEATED_READS = 10
"""An AVI whose streams come one after the other is read at several places in turns: all of it seven to nine times."""


def get_read_limit(size: int) -> int:
    """Return the bytes that may be read of a file for its facts.

    All of a small one may be read several times.
    """
    return max(READ_LIMIT, REPEATED_READS * size) if size <= SMALL_SIZE else READ_LIMIT


class LimitError(OSError):
    """The file would need more bytes to be read than the limit."""


class RemoteFile:
    """The file as PyAV reads it: blocks come through the socket."""

    name = "file"

    def __init__(self, connection: socket.socket, size: int, *, limit: int) -> None:
        self.size = size
        self._limit = limit
        self._connection = connection
        self._position = 0
        self._received = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, never more; none at the end."""
        if self._position >= self.size or size <= 0:
            return b""
        number, start = divmod(self._position, BLOCK)
        data = self._get_block(number)[start : start + size]
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        position = offset + (0, self._position, self.size)[whence]
        if position < 0:
            raise OSError(22, "negative position")
        self._position = position
        return position

    def tell(self) -> int:
        return self._position

    def _get_block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        start = number * BLOCK
        length = min(BLOCK, self.size - start)
        self._received += length
        if self._received > self._limit:
            raise LimitError(27, "too much to read")
        self._connection.sendall(HEADER.pack(b"R", start, length))
        data = self._blocks[number] = receive(self._connection, length)
        if len(self._blocks) > CACHED_BLOCKS:
            self._blocks.popitem(last=False)
        return data


def receive(connection: socket.socket, length: int) -> bytes:
    """Return the next bytes; end the process if the other side has."""
    data = bytearray()
    while len(data) < length:
        chunk = connection.recv(min(BLOCK, length - len(data)))
        if not chunk:
            sys.exit(0)
        data += chunk
    return bytes(data)


def send_report(connection: socket.socket, letter: bytes, number: int, report: dict[str, Any]) -> None:
    text = json.dumps(report).encode()
    connection.sendall(HEADER.pack(letter, number, len(text)) + text)


class ResultFile:
    """The file for results, as PyAV writes it: the only one that the process has."""

    name = "result"

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0
        self.size = 0

    def clear(self) -> None:
        os.ftruncate(self._descriptor, 0)
        self._position = self.size = 0

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            count = os.pwrite(self._descriptor, view, self._position)
            self._position += count
            self.size = max(self.size, self._position)
            view = view[count:]
        return len(data)

    def read(self, size: int) -> bytes:
        data = os.pread(self._descriptor, size, self._position)
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = offset + (0, self._position, self.size)[whence]
        return self._position

    def tell(self) -> int:
        return self._position

    def reopen(self) -> ResultFile:
        """Return the same file with a position of its own."""
        other = ResultFile(self._descriptor)
        other.size = self.size
        return other
