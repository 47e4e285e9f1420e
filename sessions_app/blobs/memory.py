"""A store in this process's memory, for tests: the same promises, nothing kept."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import count

from zlib_ng import zlib_ng

from sessions_app.blobs.keys import checked, checked_prefix
from sessions_app.blobs.parts import PART_SIZE, take_part, whole_size
from sessions_app.blobs.store import (
    CHUNK_SIZE,
    Capabilities,
    ObjectMissingError,
    ObjectWriter,
    OpenUpload,
    Part,
    StoredObject,
    StoreUnavailableError,
)


class MemoryStore:
    capabilities = Capabilities()
    part_size = PART_SIZE

    def __init__(self, storage: object = None) -> None:
        """Take what every store is made of, and leave it alone."""
        del storage
        self._objects: dict[str, bytes] = {}
        self._uploads: dict[OpenUpload, dict[int, bytes]] = {}
        self._upload_ids = count(1)
        self._lock = threading.Lock()

    def size(self, key: str) -> int:
        return len(self._object(key))

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        data = self._object(key)
        if end > len(data):
            raise StoreUnavailableError(key)
        for position in range(start, end, CHUNK_SIZE):
            yield data[position : min(position + CHUNK_SIZE, end)]

    @contextmanager
    def writer(self, key: str, *, size: int | None = None) -> Iterator[ObjectWriter]:
        del size
        checked(key)
        buffer = BytesIO()
        yield buffer
        self._objects.setdefault(key, buffer.getvalue())

    def promote(self, staged: str, key: str) -> None:
        checked(staged)
        checked(key)
        with self._lock:
            data = self._objects.pop(staged, None)
            if data is not None:
                self._objects.setdefault(key, data)
            elif key not in self._objects:
                raise ObjectMissingError(staged)

    def begin(self, key: str) -> str:
        upload = OpenUpload(key=checked(key), upload_id=str(next(self._upload_ids)))
        self._uploads[upload] = {}
        return upload.upload_id

    def put_part(self, key: str, upload_id: str, number: int, chunks: Iterable[bytes]) -> Part:
        data = bytes(take_part(checked(key), number, chunks, part_size=self.part_size))
        received = self._uploads.get(OpenUpload(key=key, upload_id=upload_id))
        if received is None:
            raise ObjectMissingError(key)
        received[number] = data
        return Part(number=number, size=len(data), etag=f"{zlib_ng.crc32(data):08x}")

    def complete(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        whole_size(checked(key), parts, part_size=self.part_size)
        upload = OpenUpload(key=key, upload_id=upload_id)
        with self._lock:
            received = self._uploads.get(upload)
            if received is not None:
                self._objects.setdefault(key, b"".join(received[part.number] for part in parts))
                del self._uploads[upload]
            elif key not in self._objects:
                raise ObjectMissingError(key)

    def abort(self, key: str, upload_id: str) -> None:
        self._uploads.pop(OpenUpload(key=checked(key), upload_id=upload_id), None)

    def open_uploads(self, prefix: str) -> Iterator[OpenUpload]:
        checked_prefix(prefix)
        yield from [upload for upload in list(self._uploads) if upload.key.startswith(prefix)]

    def list(self, prefix: str) -> Iterator[StoredObject]:
        checked_prefix(prefix)
        for key, data in tuple(self._objects.items()):
            if key.startswith(prefix):
                yield StoredObject(key=key, size=len(data))

    def delete(self, key: str) -> None:
        self._objects.pop(checked(key), None)

    def _object(self, key: str) -> bytes:
        try:
            return self._objects[checked(key)]
        except KeyError:
            raise ObjectMissingError(key) from None
