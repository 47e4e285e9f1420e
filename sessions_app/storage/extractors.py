"""Objects created from ranges of existing bytes, which are not sent again.

The bytes have been hashed before, so they must not change in between. Objects of a store never do; for other files
``FileExtractor`` and ``StreamExtractor`` call ``check_unchanged`` after copying.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from dubbing_core.zips.multipart import LARGE_MEMBER_SIZE, PartLimits
from dubbing_core.zips.source import RangeSource, read_range
from sessions_app.storage import atomic_files
from sessions_app.storage.errors import ObjectMissingError, StoreUnavailableError
from sessions_app.storage.kernel_copy import BLOCK_SIZE, copy_range, share_first_block
from sessions_app.storage.store import (
    BlobStore,
    BlobWriter,
    LocalFiles,
    RangeCopier,
)
from sessions_app.storage.writeback import EarlyWriteback

OnBytes = Callable[[int], None]


class Extractor(Protocol):
    """Creator of a store's objects from ranges of one source. Thread-safe."""

    def is_cheap(self, start: int) -> bool:
        """Return whether extracting a large range at ``start`` is worthwhile.

        The alternative is to write its bytes while they are hashed.
        """
        ...

    def extract(self, key: str, start: int, end: int, *, on_bytes: OnBytes) -> None:
        """Create the object ``key`` from the range [start, end), which is not empty.

        The object is visible and durable on return; an existing one is not replaced; after an exception nothing remains.

        :param on_bytes: called with the number of bytes of each step; its exceptions cancel the extraction.
        :raises StoreFullError: no space is left.
        """
        ...


def get_object_extractor(store: BlobStore, key: str, size: int, *, scratch: str) -> Extractor | None:
    """Return an extractor of an object in the same store, or None.

    Without one all bytes must pass through this process.

    :param scratch: key for a temporary object that tests the store; nothing remains of it.
    """
    files = store.capabilities.local_files
    if files is not None:
        return FileExtractor(files, files.local_path(key), scratch, check_unchanged=lambda: None)
    if size < LARGE_MEMBER_SIZE:  # S3 copies no ranges of small objects
        return None
    copier = store.capabilities.server_side_copy(key)
    return None if copier is None else ServerSideExtractor(store, copier, key)


def get_file_extractor(
    store: BlobStore, path: Path, source: RangeSource, *, scratch: str, check_unchanged: Callable[[], None]
) -> Extractor:
    """Return an extractor of a file on this machine.

    :param source: reads the same file.
    :param check_unchanged: raises if the file has changed since it was hashed.
    """
    files = store.capabilities.local_files
    if files is not None:
        return FileExtractor(files, path, scratch, check_unchanged=check_unchanged)
    return StreamExtractor(store, source, check_unchanged=check_unchanged)


class FileExtractor:
    """Extractor from a file on the machine on which the store's objects are files."""

    def __init__(
        self, files: LocalFiles, path: Path, scratch: str, *, check_unchanged: Callable[[], None]
    ) -> None:
        self._files = files
        self._path = path
        self._check_unchanged = check_unchanged
        self._can_share = _can_share(files, path, scratch)

    def is_cheap(self, start: int) -> bool:
        # A copy inside the kernel takes as long as writing bytes that are in the processor's cache.
        return self._can_share and start % BLOCK_SIZE == 0

    def extract(self, key: str, start: int, end: int, *, on_bytes: OnBytes) -> None:
        missing = end - start
        with self._files.create_file(key) as target:
            writeback = EarlyWriteback(target)
            with (
                atomic_files.translate_os_errors(key),
                atomic_files.open_descriptor(self._path) as source,
            ):
                for copied in copy_range(source, target, start, end):
                    missing -= copied
                    writeback.advance(copied)
                    on_bytes(copied)
            if missing:
                raise StoreUnavailableError(key)
            self._check_unchanged()


class ServerSideExtractor:
    """Extractor from an object, by copies inside the store."""

    def __init__(self, store: BlobStore, copier: RangeCopier, source: str) -> None:
        self._store = store
        self._copier = copier
        self._source = source

    def is_cheap(self, start: int) -> bool:
        del start
        return True

    def extract(self, key: str, start: int, end: int, *, on_bytes: OnBytes) -> None:
        step = choose_copied_size(end - start, self._copier.limits)
        try:
            with self._copier.create_object(key) as new:
                for number, first in enumerate(range(start, end, step), start=1):
                    last = min(first + step, end)
                    new.copy(number, self._source, first, last)
                    on_bytes(last - first)
        except ObjectMissingError:
            # Another process may have created it and aborted this upload.
            self._store.size(key)


class StreamExtractor:
    """Extractor from a source that the store cannot reach: reads and sends it again."""

    def __init__(
        self, store: BlobWriter, source: RangeSource, *, check_unchanged: Callable[[], None]
    ) -> None:
        self._store = store
        self._source = source
        self._check_unchanged = check_unchanged

    def is_cheap(self, start: int) -> bool:
        del start
        return True  # reading twice costs less than sending, copying and deleting a staged object

    def extract(self, key: str, start: int, end: int, *, on_bytes: OnBytes) -> None:
        with self._store.writer(key, size=end - start) as writer:
            for chunk in read_range(self._source, start, end):
                on_bytes(writer.write(chunk))
            self._check_unchanged()


class _DiscardError(Exception):
    """Signal to end a ``create_file`` block without creating the file."""


def _can_share(files: LocalFiles, path: Path, scratch: str) -> bool:
    can_share = False
    with suppress(_DiscardError), files.create_file(scratch) as target:
        with atomic_files.translate_os_errors(scratch), atomic_files.open_descriptor(path) as source:
            can_share = share_first_block(source, target)
        raise _DiscardError
    return can_share


def choose_copied_size(size: int, limits: PartLimits) -> int:
    """Return the size of all parts but the last, which may have any size."""
    return max(limits.copy_size, -(-size // limits.max_count))
