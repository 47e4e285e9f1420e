"""A layout as a file on this machine.

The kernel copies the blobs, or shares their blocks where the filesystem can.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from dubbing_core.zips.layout import BlobRange, Layout, Literal
from sessions_app.storage import atomic_files
from sessions_app.storage.errors import ObjectMissingError, StoreUnavailableError
from sessions_app.storage.kernel_copy import copy_range
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import LocalFiles
from sessions_app.storage.writeback import EarlyWriteback


def write_file(
    layout: Layout, destination: Path, *, files: LocalFiles, on_bytes: Callable[[int], None]
) -> None:
    """Write the layout to a file.

    The file is created or replaced when it is complete and durable.

    :param on_bytes: called with the number of bytes written since the last call; an exception from it cancels the writing.
    :raises StoreFullError: no space is left.
    :raises ObjectMissingError: a blob is missing.
    """
    with atomic_files.create_file(destination, key=destination.name, replace=True) as target:
        writeback = EarlyWriteback(target)

        def count(written: int) -> None:
            writeback.advance(written)
            on_bytes(written)

        for segment in layout.segments:
            if isinstance(segment, Literal):
                with atomic_files.translate_os_errors(destination.name):
                    written = atomic_files.write_all(target, segment.data)
                count(written)
            else:
                _copy(segment, target, files=files, on_bytes=count)


def _copy(segment: BlobRange, target: int, *, files: LocalFiles, on_bytes: Callable[[int], None]) -> None:
    """Copy the range to the current position of the target."""
    key = blob_key(segment.sha256)
    with atomic_files.translate_os_errors(key):
        try:
            source = os.open(files.local_path(key), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise ObjectMissingError(key) from error
    missing = segment.size
    try:
        pieces = copy_range(source, target, segment.start, segment.end)
        while missing:
            with atomic_files.translate_os_errors(key):
                copied = next(pieces, 0)
            if not copied:
                raise StoreUnavailableError(key)
            missing -= copied
            on_bytes(copied)
    finally:
        os.close(source)
