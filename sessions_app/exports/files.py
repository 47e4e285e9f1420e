"""A layout as a file on this machine, its blobs copied by the kernel (shared, where the filesystem can)."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from sessions_app.blobs import durable
from sessions_app.blobs.keys import blob_key
from sessions_app.blobs.store import CHUNK_SIZE, LocalFiles, ObjectMissingError, StoreUnavailableError
from sessions_app.zips.layout import BlobRange, Layout, Literal

COPY_SIZE = 16 * 1024 * 1024
"""Bytes the kernel is asked to copy at once: progress and cancelling come between."""

_KERNEL_REFUSES = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def write_file(
    layout: Layout, destination: Path, *, files: LocalFiles, on_bytes: Callable[[int], None]
) -> None:
    """Write the layout to a file that appears whole and durable, in place of one that is there, or not at all.

    :param on_bytes: told how many bytes more were written; what it raises ends the writing and leaves nothing.
    :raises StoreFullError: no space is left.
    :raises ObjectMissingError: a blob is gone.
    """
    with durable.new_file(destination, key=destination.name, replace=True) as target:
        for segment in layout.segments:
            if isinstance(segment, Literal):
                with durable.disk_errors(destination.name):
                    written = durable.write_all(target, segment.data)
                on_bytes(written)
            else:
                _copy_range(segment, target, files=files, on_bytes=on_bytes)


def _copy_range(
    segment: BlobRange, target: int, *, files: LocalFiles, on_bytes: Callable[[int], None]
) -> None:
    """Copy the range to the target's position."""
    key = blob_key(segment.sha256)
    start, end = segment.start, segment.end
    with durable.disk_errors(key):
        try:
            source = os.open(files.local_path(key), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise ObjectMissingError(key) from error
    try:
        copy = _copy_in_kernel
        while start < end:
            with durable.disk_errors(key):
                try:
                    copied = copy(source, target, start, min(COPY_SIZE, end - start))
                except OSError as error:
                    if copy is _copy_here or error.errno not in _KERNEL_REFUSES:
                        raise
                    copy = _copy_here
                    continue
            if not copied:
                raise StoreUnavailableError(key)
            start += copied
            on_bytes(copied)
    finally:
        os.close(source)


def _copy_in_kernel(source: int, target: int, start: int, count: int) -> int:
    return os.copy_file_range(source, target, count, offset_src=start)


def _copy_here(source: int, target: int, start: int, count: int) -> int:
    return durable.write_all(target, os.pread(source, min(CHUNK_SIZE, count), start))
