"""SHA-256 of a folder's files: in threads, the biggest first, and only of those that changed since they were hashed last."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from dubbing_client.errors import ChangedError, FolderError
from dubbing_client.folder import Folder, Listing, Stat
from dubbing_client.retries import Cancelled
from dubbing_client.state import Hashed, State

BLOCK = 256 * 1024
"""Bytes read at once; what stays in a processor's cache."""
THREADS = min(4, os.cpu_count() or 1)
TOGETHER = 64
"""Small files that a thread reads in one go: to hand over each by itself takes longer than to read it."""
SMALL_SIZE = 64 * 1024
CHECKPOINT = 10.0
"""Seconds after which fresh hashes are written down, so that a kill costs no more than these."""


def hash_file(
    path: Path,
    *,
    shown: str,
    on_bytes: Callable[[int], object] | None = None,
    is_stopped: Callable[[], bool] = bool,
) -> Hashed:
    """Read a file through.

    :raises ChangedError: it was written to meanwhile.
    :raises FolderError: it cannot be read.
    """
    at_ns = time.time_ns()
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            before = Stat.of(os.fstat(file.fileno()))
            buffer = bytearray(min(BLOCK, before.size + 1))
            view = memoryview(buffer)
            while True:
                count = file.readinto(buffer)
                if not count:
                    break
                digest.update(view[:count])
                if on_bytes is not None:
                    on_bytes(count)
                if is_stopped():
                    raise Cancelled
            after = Stat.of(path.stat())
    except FileNotFoundError:
        raise ChangedError(shown) from None
    except OSError as error:
        raise FolderError(f"“{shown}” cannot be read: {error.strerror or error}.") from error
    if before != after:
        raise ChangedError(shown)
    return Hashed(stat=before, sha256=digest.hexdigest(), at_ns=at_ns)


def hashes(
    folder: Folder,
    listing: Listing,
    state: State,
    *,
    on_bytes: Callable[[int], object] | None = None,
) -> Iterator[tuple[str, Stat, str]]:
    """Yield (path, stat, sha256) of every file, those that need no reading first, then as they come.

    The stat is that of the moment the file was hashed.

    :raises ChangedError, FolderError: as `hash_file`; what was hashed until then is kept.
    """
    unread = []
    for path, stat in listing.files.items():
        sha256 = state.hash_of(path, stat)
        if sha256 is None:
            unread.append((stat.size, path))
        else:
            yield path, stat, sha256
    if unread:
        yield from _read(folder, listing, state, _runs(sorted(unread, reverse=True)), on_bytes)


def _runs(files: Iterable[tuple[int, str]]) -> Iterator[list[str]]:
    """Put small files together that one thread reads, one after the other."""
    run: list[str] = []
    for size, path in files:
        if size > SMALL_SIZE:
            yield [path]
            continue
        run.append(path)
        if len(run) == TOGETHER:
            yield run
            run = []
    if run:
        yield run


def _read(
    folder: Folder,
    listing: Listing,
    state: State,
    runs: Iterator[list[str]],
    on_bytes: Callable[[int], object] | None,
) -> Iterator[tuple[str, Stat, str]]:
    stopped = False
    written_at = time.monotonic()

    def read(path: str) -> Hashed:
        place = folder.path / listing.names.get(path, path)
        try:
            return hash_file(place, shown=path, on_bytes=on_bytes, is_stopped=lambda: stopped)
        except ChangedError:  # once may be the end of a write
            return hash_file(place, shown=path, is_stopped=lambda: stopped)

    def read_all(paths: list[str]) -> list[Hashed]:
        return [read(path) for path in paths]

    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="hash")
    try:
        running: dict[Future[list[Hashed]], list[str]] = {}
        while True:
            while len(running) < 4 * THREADS and (run := next(runs, None)) is not None:
                running[pool.submit(read_all, run)] = run
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                for path, hashed in zip(running.pop(future), future.result(), strict=True):
                    state.note(path, hashed)
                    yield path, hashed.stat, hashed.sha256
            if time.monotonic() - written_at > CHECKPOINT:
                state.save_files()
                written_at = time.monotonic()
    finally:
        stopped = True
        pool.shutdown(wait=True)
        state.save_files()
