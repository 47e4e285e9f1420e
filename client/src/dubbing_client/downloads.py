"""One large file on its way here: in segments, several at once, hashed in their order, resumed after a kill."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dubbing_client.errors import BusyError, TransferError, UnreachableError
from dubbing_client.locks import take
from dubbing_client.parts import note_of
from dubbing_client.positional import read_at, write_at
from dubbing_client.transport import BLOCK_SIZE

if TYPE_CHECKING:
    from dubbing_client.receiving import Receiver, RemoteFile

SEGMENT = 32 * 1024 * 1024
"""Bytes of a large file that are asked for at once, up to a half more or less; what a kill costs a connection at most."""


class Download:
    """One large file, whose segments any thread may fetch. They are hashed in their order, whoever comes by."""

    def __init__(self, receiver: Receiver, file: RemoteFile) -> None:
        self._receiver = receiver
        self._file = file
        # The last one takes what is left: no request is made for a little rest.
        self.segments = max(1, round(file.size / SEGMENT))
        self._lock = threading.Lock()
        self._done: set[int] | None = None
        self._hashed = 0
        """Segments that the hash has seen, from the first."""
        self._is_hashing = False
        self._digest = hashlib.sha256()
        self._output: BinaryIO | None = None
        self._note: BinaryIO | None = None

    def close(self) -> None:
        for file in (self._output, self._note):
            if file is not None:
                file.close()

    def fetch(self, number: int) -> None:
        output, note = self._opened()
        assert self._done is not None
        if number not in self._done:
            with self._lock:
                # Whoever fetches what is to be hashed next hashes it from memory.
                is_next = number == self._hashed and not self._is_hashing
                self._is_hashing |= is_next
            try:
                self._fetch(number, output, digest=self._digest.copy() if is_next else None)
            except BaseException:
                if is_next:
                    with self._lock:
                        self._is_hashing = False
                raise
            with self._lock:
                self._done.add(number)
                if is_next:
                    self._hashed += 1
                    self._is_hashing = False
            note.write(f"{number}\n".encode())
        self._go_on(output)

    def _opened(self) -> tuple[BinaryIO, BinaryIO]:
        with self._lock:
            if self._output is None or self._note is None:
                self._done = self._open()
            assert self._output is not None
            assert self._note is not None
            return self._output, self._note

    def _open(self) -> set[int]:
        """Open part and note; tell which segments are there."""
        file = self._file
        notes = self._receiver.notes
        notes.mkdir(mode=0o700, parents=True, exist_ok=True)
        done: set[int] = set()
        self._note_path = note_of(file.part, notes)
        make_parent(file.place)
        with contextlib.suppress(OSError):
            # Whatever else lies there under this name is none of ours.
            if not file.part.is_file() or file.part.is_symlink():
                file.part.unlink()
        is_known = file.part.exists() and file.part.stat().st_size == file.size
        if is_known:
            with contextlib.suppress(OSError, ValueError):
                done = {int(line) for line in self._note_path.read_bytes().split()}
        self._note = self._note_path.open("ab" if is_known else "wb", buffering=0)
        descriptor = os.open(
            file.part,
            os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0),
            0o666,
        )
        self._output = os.fdopen(descriptor, "r+b", buffering=0)
        if not take(descriptor):
            raise BusyError(f"Another dubs is fetching “{file.path}”. Wait for it, or stop it.")
        self._output.truncate(file.size)
        done = {number for number in done if 0 <= number < self.segments}
        self._receiver.on_bytes(sum(self._length(number) for number in done))
        return done

    def _length(self, number: int) -> int:
        return SEGMENT if number < self.segments - 1 else self._file.size - number * SEGMENT

    def _fetch(self, number: int, output: BinaryIO, *, digest: hashlib._Hash | None) -> None:
        start = number * SEGMENT
        end = start + self._length(number)
        position = start

        def once() -> None:
            nonlocal position
            with self._receiver.open_range(
                self._file.remote, position, end, sha256=self._file.sha256
            ) as body:
                while position < end:
                    self._receiver.check()
                    block = body.read(min(BLOCK_SIZE, end - position))
                    if not block:
                        raise UnreachableError("The connection was interrupted.")
                    write_at(output, block, position)
                    if digest is not None:
                        digest.update(block)
                    position += len(block)
                    self._receiver.on_bytes(len(block))

        self._receiver.again(once, progress=lambda: position)
        if digest is not None:
            self._digest = digest

    def _go_on(self, output: BinaryIO) -> None:
        """Hash what is there and was not hashed yet, unless somebody is at it; place the file when that was all."""
        assert self._done is not None
        while True:
            with self._lock:
                number = self._hashed
                if self._is_hashing or (number < self.segments and number not in self._done):
                    return
                if number == self.segments:
                    self._hashed += 1  # so that one thread alone gets here
                    break
                if number > self.segments:
                    return
                self._is_hashing = True
            self._hash(number, output)
            with self._lock:
                self._hashed += 1
                self._is_hashing = False
        self.close()
        self._note_path.unlink()
        self._receiver.place(self._file, sha256=self._digest.hexdigest())

    def _hash(self, number: int, output: BinaryIO) -> None:
        position = number * SEGMENT
        end = position + self._length(number)
        view = memoryview(bytearray(BLOCK_SIZE))
        while position < end:
            self._receiver.check()
            count = read_at(output, view[: min(BLOCK_SIZE, end - position)], position)
            if not count:
                raise TransferError(f"“{self._file.path}” became shorter while it was fetched.")
            self._digest.update(view[:count])
            position += count


def make_parent(place: Path) -> None:
    if not place.parent.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
