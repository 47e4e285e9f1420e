"""Download of one large file in concurrent ranges, resumable after a kill."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import FileIO
from pathlib import Path
from typing import Protocol

from dubbing_client.errors import BusyError, TransferError, UnreachableError
from dubbing_client.locks import lock_file
from dubbing_client.part_files import record_of
from dubbing_client.positional_io import read_at, write_at
from dubbing_client.remote_file import RemoteFile
from dubbing_client.transport import BLOCK_SIZE, StreamedResponse

RANGE_SIZE = 32 * 1024 * 1024
"""Bytes per request, up to a half more or less; at most this is lost per connection by a kill."""


class Downloads(Protocol):
    """What a ranged download needs of its downloader."""

    @property
    def records(self) -> Path:
        """Directory of the records of part files."""

    def check(self) -> None:
        """Raise if the downloads were stopped."""

    def count(self, size: int) -> None:
        """Report bytes as done."""

    def open_range(
        self, file: RemoteFile, start: int, end: int
    ) -> AbstractContextManager[StreamedResponse]: ...

    def repeat(self, action: Callable[[], object], *, progress: Callable[[], object]) -> None: ...

    def move_into_place(self, file: RemoteFile, *, sha256: str) -> None: ...


class RangedDownload:
    """Ranges of one file, which any thread may fetch.

    The next range to be hashed is hashed while it is received; ranges that were received early are read again from the page cache.
    """

    def __init__(self, downloads: Downloads, file: RemoteFile) -> None:
        self._downloads = downloads
        self._file = file
        # The last range includes the rest, so that no request is made for a few bytes.
        self.range_count = max(1, round(file.size / RANGE_SIZE))
        self._lock = threading.Lock()
        self._complete: set[int] = set()
        self._hashed = 0
        """Ranges in the digest, from the first."""
        self._is_hashing = False
        self._digest = hashlib.sha256()
        self._part_file: FileIO | None = None
        self._record: FileIO | None = None

    def close(self) -> None:
        for file in (self._part_file, self._record):
            if file is not None:
                file.close()

    def fetch(self, number: int) -> None:
        """Fetch a range unless it is complete, and finish the file if it was the last.

        :raises BusyError: another process is downloading the file.
        :raises TransferError: the content is not the version's.
        """
        part_file, record = self._opened()
        if number not in self._complete:
            with self._lock:
                is_next = number == self._hashed and not self._is_hashing
                self._is_hashing |= is_next
            try:
                self._fetch(number, part_file, self._digest.copy() if is_next else None)
            except BaseException:
                if is_next:
                    with self._lock:
                        self._is_hashing = False
                raise
            with self._lock:
                self._complete.add(number)
                if is_next:
                    self._hashed += 1
                    self._is_hashing = False
            record.write(f"{number}\n".encode())
        self._hash_complete(part_file)

    def _opened(self) -> tuple[FileIO, FileIO]:
        with self._lock:
            if self._part_file is None or self._record is None:
                self._part_file, self._record = self._open()
            return self._part_file, self._record

    def _open(self) -> tuple[FileIO, FileIO]:
        """Open part file and record, and read which ranges are complete."""
        path = self._file.part_file
        records = self._downloads.records
        records.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._record_path = record_of(path, records)
        create_parent(path)
        with contextlib.suppress(OSError):
            # A link or other file of this name was not written by us.
            if not path.is_file() or path.is_symlink():
                path.unlink()
        is_resumable = path.exists() and path.stat().st_size == self._file.size
        complete: set[int] = set()
        if is_resumable:
            with contextlib.suppress(OSError, ValueError):
                complete = {int(line) for line in self._record_path.read_bytes().split()}
        with contextlib.ExitStack() as opened:
            record = opened.enter_context(FileIO(self._record_path, "ab" if is_resumable else "wb"))
            part_file = opened.enter_context(FileIO(path, "r+b", opener=_open_part_file))
            if not lock_file(part_file.fileno()):
                raise BusyError(f"Another dubs is downloading “{self._file.path}”. Wait for it, or stop it.")
            part_file.truncate(self._file.size)
            opened.pop_all()
        self._complete = {number for number in complete if 0 <= number < self.range_count}
        self._downloads.count(sum(self._length(number) for number in self._complete))
        return part_file, record

    def _length(self, number: int) -> int:
        is_last = number == self.range_count - 1
        return self._file.size - number * RANGE_SIZE if is_last else RANGE_SIZE

    def _fetch(self, number: int, part_file: FileIO, digest: hashlib._Hash | None) -> None:
        position = number * RANGE_SIZE
        end = position + self._length(number)

        def resume() -> None:
            nonlocal position
            with self._downloads.open_range(self._file, position, end) as response:
                while position < end:
                    self._downloads.check()
                    block = response.read(min(BLOCK_SIZE, end - position))
                    if not block:
                        raise UnreachableError("The connection was interrupted.")
                    write_at(part_file, block, position)
                    if digest is not None:
                        digest.update(block)
                    position += len(block)
                    self._downloads.count(len(block))

        self._downloads.repeat(resume, progress=lambda: position)
        if digest is not None:
            self._digest = digest

    def _hash_complete(self, part_file: FileIO) -> None:
        """Hash the next complete ranges, and finish the file after the last.

        Nothing is done while another thread hashes.
        """
        while True:
            with self._lock:
                number = self._hashed
                if self._is_hashing or (number < self.range_count and number not in self._complete):
                    return
                if number == self.range_count:
                    self._hashed += 1  # only one thread finishes the file
                    break
                if number > self.range_count:
                    return
                self._is_hashing = True
            self._hash(number, part_file)
            with self._lock:
                self._hashed += 1
                self._is_hashing = False
        self.close()
        self._record_path.unlink()
        self._downloads.move_into_place(self._file, sha256=self._digest.hexdigest())

    def _hash(self, number: int, part_file: FileIO) -> None:
        position = number * RANGE_SIZE
        end = position + self._length(number)
        while position < end:
            self._downloads.check()
            block = read_at(part_file, min(BLOCK_SIZE, end - position), position)
            if not block:
                raise TransferError(f"“{self._file.path}” became shorter while it was downloaded.")
            self._digest.update(block)
            position += len(block)


def _open_part_file(path: str, _: int) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o666)


def create_parent(path: Path) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
