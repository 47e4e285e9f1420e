"""Cache of layouts in a folder, shared by the processes of a machine.

An archive that is downloaded in ranges, or resumed, is planned once. The files are private to the portal, like the database.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from pathlib import Path

from django.conf import settings

from dubbing_core.zips.layout import SegmentWriter
from sessions_app.exports.layout_file import FileLayout, LayoutFileError, LayoutFileWriter
from sessions_app.storage.atomic_files import FILE_MODE, create_file, get_boot_id, make_folders
from sessions_app.storage.disk import get_free_space
from sessions_app.storage.errors import StoreError
from sessions_app.storage.range_locks import RangeLockedError, lock_range

WriteLayout = Callable[[SegmentWriter], None]

SUFFIX = ".layout"
UNFINISHED = f".*{SUFFIX}.*.parts"
"""Files of killed processes, where the file system cannot create files without a name."""
LOCKS = "locks"
"""File whose byte ranges are the locks; it stays empty."""
PRUNE_LOCK = 0
"""Byte of the lock of pruning. Those of layouts follow it."""
MAX_AGE = timedelta(days=1)
"""Time after which an unused layout is deleted."""
TOUCH_AFTER = timedelta(hours=1)
"""Age of the recorded last use after which the next use is recorded."""
POLL_INTERVAL = 0.02
"""In seconds."""
BUFFER_SIZE = 1024 * 1024
PRUNE_SHARE = 16
"""A process prunes when it has written this part of the limit."""

logger = logging.getLogger(__name__)


class LayoutBusyError(Exception):
    """Other layouts are being planned for too long."""


class LayoutCache:
    """The most recently used layouts, as files. Thread-safe.

    A layout's key determines all of its bytes.

    :param limit: bytes of all files.
    :param reserve: bytes that stay free on the disk.
    :param wait_limit: seconds to wait for other plannings.
    """

    def __init__(self, folder: Path, *, limit: int, reserve: int = 0, wait_limit: float = 60) -> None:
        self._folder = folder
        self._limit = limit
        self._reserve = reserve
        self._wait_limit = wait_limit
        self._large = threading.Lock()
        self._lock = threading.Lock()
        self._unpruned = limit

    def get(self, key: str, write: WriteLayout, *, is_large: bool) -> FileLayout:
        """Return the cached layout, or plan it.

        It is planned once, however many threads and processes request it.

        :param is_large: planning takes long and uses memory: each process plans one large layout at a time.
        :raises LayoutBusyError: it was not planned within the time limit.
        """
        # A power failure may damage files that were not synced, so none is used after a restart of the system.
        digest = hashlib.sha256(f"{get_boot_id()} {key}".encode()).digest()
        path = self._folder / f"{digest.hex()}{SUFFIX}"
        if (cached := _open(path)) is not None:
            return cached
        deadline = time.monotonic() + self._wait_limit
        with self._lock_layout(digest, deadline):
            if (cached := _open(path)) is not None:
                return cached
            if not is_large:
                return self._plan(path, write)
            if not self._large.acquire(timeout=max(0.0, deadline - time.monotonic())):
                raise LayoutBusyError
            try:
                return self._plan(path, write)
            finally:
                self._large.release()

    def prune(self) -> None:
        """Delete unused layouts, and the least recently used ones.

        Three quarters of the limit remain, so that this happens rarely.
        """
        oldest = time.time() - MAX_AGE.total_seconds()
        for path in self._folder.glob(UNFINISHED):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
        total = 0
        for used, size, path in sorted(_list_files(self._folder), reverse=True):
            total += size
            if used < oldest or total > self._limit * 3 // 4:
                path.unlink(missing_ok=True)

    def _plan(self, path: Path, write: WriteLayout) -> FileLayout:
        if (layout := self._plan_on_disk(path, write)) is not None:
            return layout
        # The disk is full or read-only. Downloads work nevertheless: the plan is in memory while they need it.
        descriptor = os.memfd_create(path.name, os.MFD_CLOEXEC)
        try:
            _write(descriptor, write)
        except BaseException:
            os.close(descriptor)
            raise
        return FileLayout(descriptor)

    def _plan_on_disk(self, path: Path, write: WriteLayout) -> FileLayout | None:
        try:
            if get_free_space(self._folder) < self._reserve:
                return None
            with create_file(path, key=path.name, durable=not get_boot_id()) as descriptor:
                size = _write(descriptor, write)
        except (OSError, StoreError):
            logger.warning("The plan of a ZIP could not be stored in %s.", self._folder, exc_info=True)
            return None
        layout = _open(path)
        self._prune_after(size)
        return layout

    @contextmanager
    def _lock_layout(self, digest: bytes, deadline: float) -> Iterator[None]:
        start = PRUNE_LOCK + 1 + int.from_bytes(digest[:7])
        while True:
            try:
                with self._lock_byte(start):
                    yield
                    return
            except RangeLockedError:
                if time.monotonic() > deadline:
                    raise LayoutBusyError from None
            time.sleep(POLL_INTERVAL)

    @contextmanager
    def _lock_byte(self, start: int) -> Iterator[None]:
        """Lock a byte of the file of locks, if the system can.

        :raises RangeLockedError: another thread or process has locked it.
        """
        descriptor = None
        with suppress(OSError):  # full or read-only
            make_folders(self._folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self._folder / LOCKS, flags, FILE_MODE)
        if descriptor is None:
            yield
            return
        try:
            with lock_range(descriptor, start, 1):
                yield
        finally:
            os.close(descriptor)

    def _prune_after(self, written: int) -> None:
        with self._lock:
            self._unpruned += written
            if self._unpruned < self._limit // PRUNE_SHARE:
                return
            self._unpruned = 0
        with suppress(RangeLockedError), self._lock_byte(PRUNE_LOCK):
            self.prune()


def _open(path: Path) -> FileLayout | None:
    """Open a cached layout and record its use."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None  # it does not exist, or the folder is unusable
    try:
        if time.time() - os.fstat(descriptor).st_mtime > TOUCH_AFTER.total_seconds():
            with suppress(OSError):  # read-only
                os.utime(descriptor)
        return FileLayout(descriptor)
    except LayoutFileError:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        return None


def _write(descriptor: int, write: WriteLayout) -> int:
    """Plan a layout into an empty file; return its size in bytes."""
    with open(descriptor, "wb", buffering=BUFFER_SIZE, closefd=False) as file:
        writer = LayoutFileWriter(file)
        write(writer)
        writer.finish()
    return os.fstat(descriptor).st_size


def _list_files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield time of last use, size and path of each layout."""
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for each in found:
            if each.name.endswith(SUFFIX):
                with suppress(FileNotFoundError):
                    status = each.stat()
                    yield status.st_mtime, status.st_size, Path(each.path)


@cache
def get_layout_cache() -> LayoutCache:
    """Return the cache of this machine."""
    return LayoutCache(
        settings.LAYOUT_CACHE_DIR, limit=settings.LAYOUT_CACHE_SIZE, reserve=settings.DISK_RESERVE
    )
