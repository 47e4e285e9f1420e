"""Early writeback: writing to the disk while data is still being copied.

It leaves little to do for the `fsync` that follows. Left alone, Linux starts to write when `fsync` is called (docs/decisions/0005-blob-store.md has the figures).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

STEP_SIZE = 16 * 1024 * 1024
"""Bytes per system call."""

_PAGE_SIZE = 4096
_SYNC_FILE_RANGE_WRITE = 2
"""From linux/fs.h: start writing, without waiting."""


def _find_call() -> Callable[[int, int, int, int], int] | None:
    try:
        call = ctypes.CDLL(None).sync_file_range
    except (AttributeError, OSError, TypeError):
        return None  # not Linux: fsync does all of it
    call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    function: Callable[[int, int, int, int], int] = call
    return function


_sync_file_range = _find_call()


def start_writeback(descriptor: int, start: int, end: int) -> None:
    """Start writing a range to the disk. The `fsync` that must follow reports errors."""
    if _sync_file_range is not None and start < end:
        _sync_file_range(descriptor, start, end - start, _SYNC_FILE_RANGE_WRITE)


class EarlyWriteback:
    """Early writeback of a file that is written from its start to its end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._written = 0
        self._started = 0

    def advance(self, count: int) -> None:
        """Count written bytes, and start writing them to the disk if they are enough."""
        self._written += count
        if self._written - self._started >= STEP_SIZE:
            # The last page is not full yet: the next write to it might have to wait for the disk.
            end = self._written - self._written % _PAGE_SIZE
            start_writeback(self._descriptor, self._started, end)
            self._started = end

    def finish(self) -> None:
        """Start writing the rest."""
        start_writeback(self._descriptor, self._started, self._written)
