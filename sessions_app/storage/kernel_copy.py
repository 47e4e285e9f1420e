"""Copies of file ranges inside the kernel; XFS and Btrfs share the blocks."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator

from sessions_app.storage import atomic_files
from sessions_app.storage.store import CHUNK_SIZE

COPY_SIZE = 16 * 1024 * 1024
"""Bytes per system call: progress is reported and cancellation noticed in between."""

BLOCK_SIZE = 4096
"""Only whole blocks are shared; Linux filesystems have blocks of at most this size by default."""

_FICLONERANGE = 0x4020940D
"""From linux/fs.h, on architectures with the usual ioctl numbers."""
_KERNEL_REFUSES = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def copy_range(source: int, target: int, start: int, end: int) -> Iterator[int]:
    """Copy a half-open range to the target's position; yield each step's size.

    Ends early if the source does. Falls back to reading and writing where the kernel does not copy.
    """
    copy = _copy_in_kernel
    while start < end:
        try:
            copied = copy(source, target, start, min(COPY_SIZE, end - start))
        except OSError as error:
            if copy is _copy_in_process or error.errno not in _KERNEL_REFUSES:
                raise
            copy = _copy_in_process
            continue
        if not copied:
            return
        start += copied
        yield copied


def share_first_block(source: int, target: int) -> bool:
    """Share the first block of ``source``; return whether that is possible."""
    try:
        fcntl.ioctl(target, _FICLONERANGE, struct.pack("qQQQ", source, 0, BLOCK_SIZE, 0))
    except OSError:
        return False
    return True


def _copy_in_kernel(source: int, target: int, start: int, count: int) -> int:
    return os.copy_file_range(source, target, count, offset_src=start)


def _copy_in_process(source: int, target: int, start: int, count: int) -> int:
    return atomic_files.write_all(target, os.pread(source, min(CHUNK_SIZE, count), start))
