"""Copies ranges between files inside the kernel, which shares them where the filesystem is able to (XFS, Btrfs, bcachefs)."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator

from sessions_app.storage import durable
from sessions_app.storage.store import CHUNK_SIZE

COPY_SIZE = 16 * 1024 * 1024
"""Bytes the kernel is asked to copy at once: progress and cancelling come between."""

BLOCK_SIZE = 4096
"""Only whole blocks are shared; those of any filesystem on today's Linux have at most this size, unless asked for."""

_FICLONERANGE = 0x4020940D
"""From linux/fs.h, on machines whose ioctl numbers are the usual ones."""
_KERNEL_REFUSES = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def copy_range(source: int, target: int, start: int, end: int) -> Iterator[int]:
    """Copy the half-open range to the target's position, and yield how many bytes more were copied.

    Ends early where the source does.

    :raises OSError: as the system says it.
    """
    copy = _copy_in_kernel
    while start < end:
        try:
            copied = copy(source, target, start, min(COPY_SIZE, end - start))
        except OSError as error:
            if copy is _copy_here or error.errno not in _KERNEL_REFUSES:
                raise
            copy = _copy_here
            continue
        if not copied:
            return
        start += copied
        yield copied


def shares(source: int, target: int) -> bool:
    """Try whether the first block of one file can be shared with another, which is changed by that."""
    try:
        fcntl.ioctl(target, _FICLONERANGE, struct.pack("qQQQ", source, 0, BLOCK_SIZE, 0))
    except OSError:
        return False
    return True


def _copy_in_kernel(source: int, target: int, start: int, count: int) -> int:
    return os.copy_file_range(source, target, count, offset_src=start)


def _copy_here(source: int, target: int, start: int, count: int) -> int:
    return durable.write_all(target, os.pread(source, min(CHUNK_SIZE, count), start))
