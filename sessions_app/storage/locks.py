"""Locks on ranges of a file, between threads and between processes.

They belong to the open file (F_OFD_SETLK, fcntl(2)), not to the process as POSIX' own do: two requests in one process, each of
which opened the file by itself, exclude each other as well. The kernel gives them back whatever becomes of their holder.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

TO_THE_END = 0
"""As a length: all bytes from the start on, those included that are not there yet."""

_FLOCK = "hhqqi0q"
"""struct flock of 64-bit Linux: type, whence, start, length, process (0 here)."""
_TAKEN = {errno.EACCES, errno.EAGAIN}


class RangeTakenError(Exception):
    """Somebody else holds a lock on some of the range."""


@contextmanager
def locked_range(descriptor: int, start: int, length: int) -> Iterator[None]:
    """Hold the range of a file that is open for writing during the block; never wait for it.

    :raises RangeTakenError: somebody else holds some of it.
    :raises OSError: the filesystem has no locks.
    """
    try:
        _set(descriptor, fcntl.F_WRLCK, start, length)
    except OSError as error:
        if error.errno in _TAKEN:
            raise RangeTakenError from error
        raise
    try:
        yield
    finally:
        # Not left to closing: a child that was forked meanwhile has the descriptor, too.
        _set(descriptor, fcntl.F_UNLCK, start, length)


def _set(descriptor: int, kind: int, start: int, length: int) -> None:
    fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, kind, os.SEEK_SET, start, length, 0))
