"""Locks on byte ranges of a file, between threads and between processes.

Open file description locks (F_OFD_SETLK, fcntl(2)): unlike POSIX record locks they also exclude another descriptor of the same
process. The kernel releases them when their holder ends. filelock locks whole files only (docs/decisions/0021).
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

TO_THE_END = 0
"""Length of a range that includes all later bytes, even those written after locking."""

_FLOCK = "hhqqi0q"
"""struct flock of 64-bit Linux: type, whence, start, length, process (0 here)."""
_LOCKED = {errno.EACCES, errno.EAGAIN}


class RangeLockedError(Exception):
    """Another descriptor has locked some of the range."""


@contextmanager
def lock_range(descriptor: int, start: int, length: int) -> Iterator[None]:
    """Lock a range of a file that is open for writing during the block.

    :raises RangeLockedError: another descriptor has locked some of it.
    :raises OSError: the filesystem has no locks.
    """
    try:
        _set_lock(descriptor, fcntl.F_WRLCK, start, length)
    except OSError as error:
        if error.errno in _LOCKED:
            raise RangeLockedError from error
        raise
    try:
        yield
    finally:
        # Closing would not suffice: a child forked in the meantime has the descriptor, too.
        _set_lock(descriptor, fcntl.F_UNLCK, start, length)


def _set_lock(descriptor: int, kind: int, start: int, length: int) -> None:
    request = struct.pack(_FLOCK, kind, os.SEEK_SET, start, length, 0)
    fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, request)
