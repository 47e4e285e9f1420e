"""SHA-256 of a folder's files.

They are read in threads, the largest first, and only without a cached hash.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path

from dubbing_client.errors import ChangedError, FolderError
from dubbing_client.folder import Folder, Listing, Stat
from dubbing_client.state import FileHash, State
from dubbing_core.concurrency import TaskGroup

BLOCK_SIZE = 256 * 1024
"""Bytes that are read at once; small enough to stay in the processor's cache."""
THREADS = min(4, os.cpu_count() or 1)
BATCH_COUNT = 64
"""Small files per task: a task of its own takes longer than reading such a file."""
SMALL_SIZE = 64 * 1024
CHECKPOINT_INTERVAL = 10.0
"""Seconds after which new hashes are saved."""

OnBytes = Callable[[int], object]


def hash_file(path: Path, *, name: str, on_bytes: OnBytes | None = None) -> FileHash:
    """Hash a file.

    :param name: the file's name in error messages.
    :param on_bytes: called with the size of each block; what it raises cancels the reading.
    :raises ChangedError: the file changed in the meantime.
    :raises FolderError: the file cannot be read.
    """
    read_at_ns = time.time_ns()
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            before = Stat.of(os.fstat(file.fileno()))
            buffer = bytearray(min(BLOCK_SIZE, before.size + 1))
            view = memoryview(buffer)
            while count := file.readinto(buffer):
                digest.update(view[:count])
                if on_bytes is not None:
                    on_bytes(count)
            after = Stat.of(path.stat())
    except FileNotFoundError:
        raise ChangedError(name) from None
    except OSError as error:
        raise FolderError(f"“{name}” cannot be read: {error.strerror or error}.") from error
    if before != after:
        raise ChangedError(name)
    return FileHash(stat=before, sha256=digest.hexdigest(), read_at_ns=read_at_ns)


def hash_folder(
    folder: Folder,
    listing: Listing,
    state: State,
    *,
    on_bytes: OnBytes | None = None,
) -> Iterator[tuple[str, Stat, str]]:
    """Yield (path, stat, sha256) of every file.

    Files with a cached hash come first, then the others as they are read.

    The stat is that at the time of hashing.

    :raises ChangedError, FolderError: as `hash_file`; hashes until then stay in the cache.
    """
    unread = []
    for path, stat in listing.files.items():
        sha256 = state.cached_hash(path, stat)
        if sha256 is None:
            unread.append((stat.size, path))
        else:
            yield path, stat, sha256
    if unread:
        hasher = _Hasher(folder, state, on_bytes)
        for path, file_hash in hasher.hash(_batches(sorted(unread, reverse=True))):
            yield path, file_hash.stat, file_hash.sha256


def _batches(files: Iterable[tuple[int, str]]) -> Iterator[list[str]]:
    """Group small files, which one thread reads one after the other."""
    batch: list[str] = []
    for size, path in files:
        if size > SMALL_SIZE:
            yield [path]
            continue
        batch.append(path)
        if len(batch) == BATCH_COUNT:
            yield batch
            batch = []
    if batch:
        yield batch


class _Hasher:
    """Hasher of file batches in threads; saves new hashes at intervals."""

    def __init__(self, folder: Folder, state: State, on_bytes: OnBytes | None) -> None:
        self._folder = folder
        self._state = state
        self._on_bytes = on_bytes
        self._group = TaskGroup()
        self._running: dict[Future[list[FileHash]], list[str]] = {}
        self._saved_at = time.monotonic()

    def hash(self, batches: Iterator[list[str]]) -> Iterator[tuple[str, FileHash]]:
        """Yield the hashes as they come."""
        try:
            with self._group:
                pool = self._group.pool(THREADS, "hash")
                while True:
                    while len(self._running) < 4 * THREADS and (batch := next(batches, None)) is not None:
                        self._running[pool.submit(self._read_batch, batch)] = batch
                    if not self._running:
                        break
                    yield from self._collect()
        finally:
            self._state.save_files()

    def _collect(self) -> Iterator[tuple[str, FileHash]]:
        for future in self._group.wait():
            for path, file_hash in zip(self._running.pop(future), future.result(), strict=True):
                self._state.cache_hash(path, file_hash)
                yield path, file_hash
        if time.monotonic() - self._saved_at > CHECKPOINT_INTERVAL:
            self._state.save_files()
            self._saved_at = time.monotonic()

    def _read_batch(self, paths: list[str]) -> list[FileHash]:
        return [self._read(path) for path in paths]

    def _read(self, path: str) -> FileHash:
        place = self._folder.path / path
        try:
            return hash_file(place, name=path, on_bytes=self._count)
        except ChangedError:  # once may be the end of a write
            return hash_file(place, name=path, on_bytes=lambda _: self._group.check())

    def _count(self, size: int) -> None:
        self._group.check()
        if self._on_bytes is not None:
            self._on_bytes(size)
