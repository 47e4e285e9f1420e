"""Blobs as files in a folder: copied by the kernel where they are files, else read ahead over all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from errno import EINVAL, ENOSYS, EOPNOTSUPP, EXDEV

from sessions_app.blobs.durable import disk_errors, write_all
from sessions_app.blobs.keys import blob_key
from sessions_app.blobs.store import (
    CHUNK_SIZE,
    DeclaredReader,
    LocalFiles,
    ObjectMissingError,
    StoreUnavailableError,
)
from sessions_app.exports.ahead import read_ahead
from sessions_app.exports.folder import Folder
from sessions_app.zips.layout import BlobRange

_KERNEL_REFUSES = {EXDEV, EINVAL, ENOSYS, EOPNOTSUPP}


@dataclass(frozen=True, kw_only=True)
class LoadedFile:
    path: str
    sha256: str
    size: int
    """In bytes."""


def collect(files: Sequence[LoadedFile], folder: Folder, *, store: DeclaredReader) -> None:
    """Bring the files' bytes into the folder, where they wait for their place.

    :raises ObjectMissingError: a blob is gone.
    :raises StoreUnavailableError: a blob could not be read to its end.
    :raises OSError: the folder does not take them.
    """
    local = store.capabilities.local_files
    if local is None:
        _stream(files, folder, store=store)
        return
    for file in files:
        with folder.new_file(file.path) as target:
            _copy(file, target, files=local)


def _copy(file: LoadedFile, target: int, *, files: LocalFiles) -> None:
    key = blob_key(file.sha256)
    with disk_errors(key):
        try:
            source = os.open(files.local_path(key), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise ObjectMissingError(key) from error
    try:
        position = 0
        copy: Callable[[int, int, int, int], int] = os.copy_file_range
        while position < file.size:
            try:
                copied = copy(source, target, file.size - position, position)
            except OSError as error:
                if copy is _copy_here or error.errno not in _KERNEL_REFUSES:
                    raise
                copy = _copy_here
                continue
            if not copied:
                raise StoreUnavailableError(key)
            position += copied
    finally:
        os.close(source)


def _copy_here(source: int, target: int, count: int, position: int) -> int:
    return write_all(target, os.pread(source, min(CHUNK_SIZE, count), position))


def _stream(files: Sequence[LoadedFile], folder: Folder, *, store: DeclaredReader) -> None:
    """Read all files as one stream, so that small ones do not wait for each other's round trips."""
    ranges = (BlobRange(file.sha256, 0, file.size) for file in files if file.size)
    with closing(read_ahead(ranges, reader=store)) as chunks:
        for file in files:
            with folder.new_file(file.path) as target:
                left = file.size
                while left:
                    left -= write_all(target, next(chunks))
