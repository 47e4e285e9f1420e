"""Digest of an upload, computed while its parts arrive.

A save then need not read the bytes again. Parts arrive in any process and out of order, so the state is in a hidden file beside
the bytes. Nothing depends on it: where it is missing, damaged, from before a restart, or behind the parts that arrived, the save
hashes the bytes.
"""

from __future__ import annotations

import functools
import hashlib
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zlib_ng import zlib_ng

from dubbing_core.digests import Digest
from sessions_app.storage.atomic_files import FILE_MODE, get_boot_id
from sessions_app.storage.range_locks import TO_THE_END, lock_range
from sessions_app.storage.resumable_sha256 import IS_AVAILABLE, LIBRARY, STATE_SIZE, ResumableSha256

_HEADER = struct.Struct(f"<16sQQI{STATE_SIZE}s")
"""System start and library, number of the next part, bytes and CRC-32 of those before it, state of their SHA-256."""
_CHECKSUM = struct.Struct("<I")
_LENGTH = struct.Struct("<Q")
"""Bytes of a part that has arrived; they follow the header, by number."""
_LENGTHS = _HEADER.size + _CHECKSUM.size
MAX_PARTS_PER_CALL = 4
"""Parts that one request hashes: its own, and those that arrived before their predecessor."""

ReadPart = Callable[[int, int], Iterator[bytes]]
"""Yields the bytes of a part of this number and length."""


@dataclass(frozen=True, kw_only=True)
class _State:
    next_part: int
    size: int
    crc32: int
    sha256: bytes

    def add(self, chunks: Iterable[bytes]) -> _State:
        """Return the state after the next part."""
        hasher = ResumableSha256(self.sha256)
        size, crc32 = self.size, self.crc32
        for chunk in chunks:
            hasher.update(chunk)
            crc32 = zlib_ng.crc32(chunk, crc32)
            size += len(chunk)
        return _State(next_part=self.next_part + 1, size=size, crc32=crc32, sha256=hasher.export())


class ReceivedDigest:
    """The digest of one upload, in an open file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def begin_part(self, number: int) -> None:
        """Forget what is known of a part that is about to be written.

        The digest ends if the part was hashed already, because it may get other bytes.
        """
        with lock_range(self._descriptor, 0, TO_THE_END, wait=True):
            self._set_length(number, 0)
            state = self._load()
            if state is not None and number < state.next_part:
                os.pwrite(self._descriptor, bytes(_LENGTHS), 0)

    def end_part(self, number: int, chunks: Sequence[bytes], read: ReadPart) -> None:
        """Hash a part that was written, and parts after it that arrived earlier.

        Other requests for the same upload wait in the meantime, milliseconds for each part.
        """
        with lock_range(self._descriptor, 0, TO_THE_END, wait=True):
            self._set_length(number, sum(map(len, chunks)))
            state = self._load()
            if state is None:
                return
            for _ in range(MAX_PARTS_PER_CALL):
                length = self._get_length(state.next_part)
                if not length:
                    break
                state = state.add(chunks if state.next_part == number else read(state.next_part, length))
            self._store(state)

    def finish(self, size: int) -> Digest | None:
        """Return the digest if all bytes were hashed."""
        state = self._load()
        if state is None or state.size != size:
            return None
        return Digest(sha256=ResumableSha256(state.sha256).hexdigest(), crc32=state.crc32, size=size)

    def start(self) -> None:
        """Write the state of no bytes."""
        self._store(_State(next_part=1, size=0, crc32=0, sha256=ResumableSha256().export()))

    def _load(self) -> _State | None:
        data = os.pread(self._descriptor, _LENGTHS, 0)
        if len(data) < _LENGTHS:
            return None
        header = data[: _HEADER.size]
        (checksum,) = _CHECKSUM.unpack_from(data, _HEADER.size)
        origin, next_part, size, crc32, sha256 = _HEADER.unpack(header)
        if checksum != zlib_ng.crc32(header) or origin != _identify_origin():
            return None
        return _State(next_part=next_part, size=size, crc32=crc32, sha256=sha256)

    def _store(self, state: _State) -> None:
        header = _HEADER.pack(_identify_origin(), state.next_part, state.size, state.crc32, state.sha256)
        os.pwrite(self._descriptor, header + _CHECKSUM.pack(zlib_ng.crc32(header)), 0)

    def _get_length(self, number: int) -> int:
        data = os.pread(self._descriptor, _LENGTH.size, _LENGTHS + number * _LENGTH.size)
        return int(_LENGTH.unpack(data)[0]) if len(data) == _LENGTH.size else 0

    def _set_length(self, number: int, length: int) -> None:
        os.pwrite(self._descriptor, _LENGTH.pack(length), _LENGTHS + number * _LENGTH.size)


def create_digest(path: Path) -> None:
    """Create the file of an upload's digest, if it can be continued here.

    A restart of the system may damage parts, so without an id of the current start there is none.
    """
    if not IS_AVAILABLE or not get_boot_id():
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        ReceivedDigest(descriptor).start()
    finally:
        os.close(descriptor)


@contextmanager
def open_digest(path: Path) -> Iterator[ReceivedDigest | None]:
    """Open an upload's digest during the block; None if it has none."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield ReceivedDigest(descriptor)
    finally:
        os.close(descriptor)


@functools.cache
def _identify_origin() -> bytes:
    """Return bytes that differ after a restart, or with another library."""
    return hashlib.sha256(f"{get_boot_id()} {LIBRARY}".encode()).digest()[:16]
