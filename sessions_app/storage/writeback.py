"""Lets the disk work while there is still something to copy, so that ``fsync`` has little left to wait for.

Left to itself the system begins to write when it is asked to have written, and a copy of 487 MB took between 0.3 and 1.2 s.
Begun behind the copying it takes 0.26 s each time (docs/decisions/0005-blob-store.md).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

PIECE_SIZE = 16 * 1024 * 1024
"""Bytes that are worth a request of their own."""

_PAGE_SIZE = 4096
_SYNC_FILE_RANGE_WRITE = 2
"""From linux/fs.h: begin, and wait for nothing."""


def _find_call() -> Callable[[int, int, int, int], int] | None:
    try:
        call = ctypes.CDLL(None).sync_file_range
    except (AttributeError, OSError, TypeError):
        return None  # not Linux: fsync does all of it
    call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    call.restype = ctypes.c_int
    found: Callable[[int, int, int, int], int] = call
    return found


_sync_file_range = _find_call()


def begin(descriptor: int, start: int, end: int) -> None:
    """Let the system begin to write the range to the disk. What goes wrong there is told by the ``fsync`` that must follow."""
    if _sync_file_range is not None and start < end:
        _sync_file_range(descriptor, start, end - start, _SYNC_FILE_RANGE_WRITE)


class Writeback:
    """Follows somebody who writes a file from its start to its end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._written = 0
        self._begun = 0

    def advance(self, count: int) -> None:
        """Count bytes that were written, and begin with them when they are enough."""
        self._written += count
        if self._written - self._begun >= PIECE_SIZE:
            # The last page is not full yet: whoever goes on in it might have to wait for the disk.
            end = self._written - self._written % _PAGE_SIZE
            begin(self._descriptor, self._begun, end)
            self._begun = end

    def finish(self) -> None:
        begin(self._descriptor, self._begun, self._written)
