"""Blobs as files in a folder: copied by the kernel if local, else streamed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from dubbing_core.zips.layout import BlobRange
from sessions_app.exports.read_ahead import read_ahead
from sessions_app.exports.target_folder import NO_FACTS, FileFacts, TargetFolder
from sessions_app.storage.atomic_files import translate_os_errors, write_all
from sessions_app.storage.errors import ObjectMissingError, StoreUnavailableError
from sessions_app.storage.kernel_copy import copy_range
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import CapableReader, LocalFiles


@dataclass(frozen=True, kw_only=True)
class BlobFile:
    """A file to be written, with the blob that has its bytes."""

    path: str
    sha256: str
    size: int
    """In bytes."""
    facts: FileFacts = NO_FACTS


def write_blob_files(files: Sequence[BlobFile], folder: TargetFolder, *, store: CapableReader) -> None:
    """Write the files under hidden names, until `TargetFolder.commit` renames them.

    :raises ObjectMissingError: a blob is missing.
    :raises StoreUnavailableError: a blob could not be read to its end.
    :raises OSError: the folder cannot be written.
    """
    local = store.capabilities.local_files
    if local is None:
        _stream(files, folder, store=store)
        return
    for file in files:
        with folder.create_file(file.path, facts=file.facts) as target:
            _copy(file, target, files=local)


def _copy(file: BlobFile, target: int, *, files: LocalFiles) -> None:
    key = blob_key(file.sha256)
    with translate_os_errors(key):
        try:
            descriptor = os.open(files.local_path(key), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise ObjectMissingError(key) from error
    with os.fdopen(descriptor, "rb") as source:
        copied = sum(copy_range(source.fileno(), target, 0, file.size))
    if copied != file.size:
        raise StoreUnavailableError(key)


def _stream(files: Sequence[BlobFile], folder: TargetFolder, *, store: CapableReader) -> None:
    """Read all files as one stream, so that small files do not cost a round trip each."""
    ranges = (BlobRange(file.sha256, 0, file.size) for file in files if file.size)
    with closing(read_ahead(ranges, reader=store)) as chunks:
        for file in files:
            with folder.create_file(file.path, facts=file.facts) as target:
                remaining = file.size
                while remaining:
                    remaining -= write_all(target, next(chunks))
