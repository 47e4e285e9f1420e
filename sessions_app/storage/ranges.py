"""New objects made of a range of bytes that lie somewhere already: copied, or even shared, without being sent a second time.

What is copied has been hashed before, so nothing may change in between: objects of a store never do, and of other files
``FileRanges`` is told how to find out.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from dubbing_core.zips.multipart import LARGE_MEMBER_SIZE, PartLimits
from dubbing_core.zips.source import RangeSource, read_range
from sessions_app.storage import durable
from sessions_app.storage.copying import BLOCK_SIZE, copy_range, shares
from sessions_app.storage.store import (
    BlobStore,
    BlobWriter,
    LocalFiles,
    ObjectMissingError,
    RangeCopier,
    StoreUnavailableError,
)
from sessions_app.storage.writeback import Writeback

OnBytes = Callable[[int], None]


class Ranges(Protocol):
    """Bytes of which ranges can become objects of a store. Several threads may make some at once."""

    def is_cheap(self, start: int) -> bool:
        """Whether a large range that begins here is made for less than it costs to write its bytes while they are hashed."""
        ...

    def make(self, key: str, start: int, end: int, *, on_bytes: OnBytes) -> None:
        """Make the object ``key`` of the half-open range [start, end), which is not empty.

        The object is visible and durable on return; one that exists is left as it is; after an exception nothing is left.

        :param on_bytes: told how many bytes more are done; what it raises ends the making.
        :raises StoreFullError: no space is left.
        """
        ...


def ranges_of_object(store: BlobStore, key: str, size: int, *, scratch: str) -> Ranges | None:
    """Return what makes objects of ranges of an object in the same store, or None where all bytes have to pass through here.

    :param scratch: the key of an object that may be begun in order to find out; none is left.
    """
    files = store.capabilities.local_files
    if files is not None:
        return FileRanges(files, files.local_path(key), scratch, unchanged=lambda: None)
    if size < LARGE_MEMBER_SIZE:  # S3 copies no ranges of small objects
        return None
    copier = store.capabilities.server_side_copy(key)
    return None if copier is None else CopiedRanges(store, copier, key)


def ranges_of_file(
    store: BlobStore, path: Path, source: RangeSource, *, scratch: str, unchanged: Callable[[], None]
) -> Ranges:
    """Return what makes objects of ranges of a file on this machine.

    :param source: reads the same file.
    :param unchanged: raises if the file is not what it was when it was hashed.
    """
    files = store.capabilities.local_files
    if files is not None:
        return FileRanges(files, path, scratch, unchanged=unchanged)
    return SentRanges(store, source, unchanged=unchanged)


class FileRanges:
    """Ranges of a file on the machine that keeps the store's files."""

    def __init__(self, files: LocalFiles, path: Path, scratch: str, *, unchanged: Callable[[], None]) -> None:
        self._files = files
        self._path = path
        self._unchanged = unchanged
        self._shares = _shares(files, path, scratch)

    def is_cheap(self, start: int) -> bool:
        # A copy inside the kernel takes as long as writing what is in the processor's cache already.
        return self._shares and start % BLOCK_SIZE == 0

    def make(self, key: str, start: int, end: int, *, on_bytes: OnBytes) -> None:
        missing = end - start
        with self._files.new_file(key) as target:
            writeback = Writeback(target)
            with durable.disk_errors(key), durable.opened(self._path) as source:
                for copied in copy_range(source, target, start, end):
                    missing -= copied
                    writeback.advance(copied)
                    on_bytes(copied)
            if missing:
                raise StoreUnavailableError(key)
            self._unchanged()


class CopiedRanges:
    """Ranges of an object that the store copies by itself."""

    def __init__(self, store: BlobStore, copier: RangeCopier, source: str) -> None:
        self._store = store
        self._copier = copier
        self._source = source

    def is_cheap(self, start: int) -> bool:
        del start
        return True

    def make(self, key: str, start: int, end: int, *, on_bytes: OnBytes) -> None:
        step = copied_size(end - start, self._copier.limits)
        try:
            with self._copier.new_object(key) as new:
                for number, first in enumerate(range(start, end, step), start=1):
                    last = min(first + step, end)
                    new.copy(number, self._source, first, last)
                    on_bytes(last - first)
        except ObjectMissingError:
            # Somebody may have made it meanwhile, and given up what we had begun.
            self._store.size(key)


class SentRanges:
    """Ranges of something that the store cannot reach: read once more, and sent."""

    def __init__(self, store: BlobWriter, source: RangeSource, *, unchanged: Callable[[], None]) -> None:
        self._store = store
        self._source = source
        self._unchanged = unchanged

    def is_cheap(self, start: int) -> bool:
        del start
        return True  # to read it twice is less than to send it, have it copied and deleted

    def make(self, key: str, start: int, end: int, *, on_bytes: OnBytes) -> None:
        with self._store.writer(key, size=end - start) as writer:
            for chunk in read_range(self._source, start, end):
                on_bytes(writer.write(chunk))
            self._unchanged()


class _DoneError(Exception):
    """Ends a new file that nobody wants to keep."""


def _shares(files: LocalFiles, path: Path, scratch: str) -> bool:
    shared = False
    with suppress(_DoneError), files.new_file(scratch) as target:
        with durable.disk_errors(scratch), durable.opened(path) as source:
            shared = shares(source, target)
        raise _DoneError
    return shared


def copied_size(size: int, limits: PartLimits) -> int:
    """Return the size of all parts but the last, which may be of any size, so also where parts have to be equal."""
    return max(limits.copy_size, -(-size // limits.max_count))
