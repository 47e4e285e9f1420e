"""Sources that an archive is read from, in ranges."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from dubbing_core.sentences import sentence
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.reader import SEEK_COST, RangeSource
from sessions_app.storage.extractors import Extractor, get_file_extractor, get_object_extractor
from sessions_app.storage.store import CHUNK_SIZE, BlobReader, BlobStore


class ArchiveSource(RangeSource, Protocol):
    seek_cost: int
    """Bytes that are worth reading to save a request."""

    def ranges(self, store: BlobStore, *, scratch: str) -> Extractor | None:
        """Return an object that copies ranges of this source within the store.

        Returns None if the store cannot copy them.

        :param scratch: the key of an object that may be created to find out.
        """
        ...


class StoreSource:
    """An object in the blob store."""

    seek_cost = SEEK_COST

    def __init__(self, reader: BlobReader, key: str, size: int) -> None:
        self.size = size
        self._reader = reader
        self._key = key

    def read(self, start: int, end: int) -> Iterator[bytes]:
        return self._reader.read(self._key, start, end)

    def ranges(self, store: BlobStore, *, scratch: str) -> Extractor | None:
        return get_object_extractor(store, self._key, self.size, scratch=scratch)


class FileSource:
    """A file on this machine."""

    seek_cost = 0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stat = path.stat()
        self.size = self._stat.st_size

    def read(self, start: int, end: int) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while start < end:
                data = os.pread(file.fileno(), min(CHUNK_SIZE, end - start), start)
                if not data:
                    raise OSError(f"{self._path} became shorter while it was read.")
                start += len(data)
                yield data

    def ranges(self, store: BlobStore, *, scratch: str) -> Extractor | None:
        return get_file_extractor(store, self._path, self, scratch=scratch, check_unchanged=self.check)

    def check(self) -> None:
        """Raise if the file was changed since it was opened.

        :raises ZipError: `zip_truncated`.
        """
        if _identify(self._path.stat()) != _identify(self._stat):
            raise ZipError(
                "zip_truncated", sentence("The archive changed while it was read. Import it again.")
            )


def _identify(stat: os.stat_result) -> tuple[int, ...]:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
