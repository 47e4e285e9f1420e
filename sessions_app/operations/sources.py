"""Places that an archive is read from, in ranges."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sessions_app.blobs.store import CHUNK_SIZE, BlobReader
from sessions_app.zips.reader import SEEK_COST


class StoreSource:
    """An object in the blob store."""

    seek_cost = SEEK_COST

    def __init__(self, reader: BlobReader, key: str, size: int) -> None:
        self.size = size
        self._reader = reader
        self._key = key

    def read(self, start: int, end: int) -> Iterator[bytes]:
        return self._reader.read(self._key, start, end)


class FileSource:
    """A file on this machine."""

    seek_cost = 0

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size
        self._path = path

    def read(self, start: int, end: int) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while start < end:
                data = os.pread(file.fileno(), min(CHUNK_SIZE, end - start), start)
                if not data:
                    raise OSError(f"{self._path} became shorter while it was read.")
                start += len(data)
                yield data
