"""A blob store in memory, for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import count

from zlib_ng import zlib_ng

from dubbing_core.zips.multipart import PartLimits
from sessions_app.storage.errors import ObjectMissingError, PartsRefusedError, StoreUnavailableError
from sessions_app.storage.keys import checked, checked_prefix
from sessions_app.storage.part_sizes import collect_part, get_joined_size
from sessions_app.storage.store import (
    CHUNK_SIZE,
    PART_SIZE,
    Capabilities,
    NewObject,
    ObjectWriter,
    OpenUpload,
    Part,
    StoredObject,
)


class MemoryStore:
    def __init__(self, storage: object = None, *, limits: PartLimits | None = None) -> None:
        """Create an empty store; ``storage`` is ignored.

        :param limits: sizes of parts; with them the store copies ranges.
        """
        del storage
        self.capabilities = Capabilities()
        if limits is not None:
            copier = _Copier(self, limits)
            self.capabilities = Capabilities(remote=True, server_side_copy=lambda _: copier)
        self._objects: dict[str, bytes] = {}
        self._uploads: dict[OpenUpload, dict[int, bytes]] = {}
        self._upload_ids = count(1)
        self._lock = threading.Lock()

    def size(self, key: str) -> int:
        return len(self._get_object(key))

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        data = self._get_object(key)
        if end > len(data):
            raise StoreUnavailableError(key)
        for position in range(start, end, CHUNK_SIZE):
            yield data[position : min(position + CHUNK_SIZE, end)]

    @contextmanager
    def writer(self, key: str, *, size: int | None = None, durable: bool = True) -> Iterator[ObjectWriter]:
        del size, durable
        checked(key)
        buffer = BytesIO()
        yield buffer
        self._objects.setdefault(key, buffer.getvalue())

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        for key, data in objects:
            self._objects.setdefault(checked(key), data)

    def promote(self, staged: str, key: str, *, is_durable: bool = False) -> None:
        del is_durable
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

    def put_part(
        self, key: str, upload_id: str, number: int, chunks: Iterable[bytes], *, part_size: int = PART_SIZE
    ) -> Part:
        data = bytes(collect_part(checked(key), number, chunks, part_size=part_size))
        received = self._uploads.get(OpenUpload(key=key, upload_id=upload_id))
        if received is None:
            raise ObjectMissingError(key)
        received[number] = data
        return Part(number=number, size=len(data), etag=f"{zlib_ng.crc32(data):08x}")

    def complete(
        self, key: str, upload_id: str, parts: Sequence[Part], *, part_size: int = PART_SIZE
    ) -> None:
        get_joined_size(checked(key), parts, part_size=part_size)
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

    def delete_all(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.delete(key)

    def join(self, upload: OpenUpload, numbers: Sequence[int]) -> None:
        with self._lock:
            received = self._uploads.pop(upload)
            self._objects.setdefault(upload.key, b"".join(received[number] for number in numbers))

    def receive(self, upload: OpenUpload, number: int, data: bytes) -> None:
        self._uploads[upload][number] = data

    def get_part_sizes(self, upload: OpenUpload) -> dict[int, int]:
        """Return the size of each part by its number."""
        return {number: len(data) for number, data in self._uploads[upload].items()}

    def _get_object(self, key: str) -> bytes:
        try:
            return self._objects[checked(key)]
        except KeyError:
            raise ObjectMissingError(key) from None


class _Copier:
    def __init__(self, store: MemoryStore, limits: PartLimits) -> None:
        self._store = store
        self.limits = limits

    @contextmanager
    def create_object(self, key: str) -> Iterator[NewObject]:
        upload = OpenUpload(key=key, upload_id=self._store.begin(key))
        try:
            yield _NewObject(self._store, upload)
            self._join(upload)
        except BaseException:
            self._store.abort(key, upload.upload_id)
            raise

    def _join(self, upload: OpenUpload) -> None:
        """Join the parts, with the checks of the strictest stores."""
        sizes = self._store.get_part_sizes(upload)
        numbers = sorted(sizes)
        ordered = [sizes[number] for number in numbers]
        if numbers != list(range(1, len(numbers) + 1)) or len(numbers) > self.limits.max_count:
            raise PartsRefusedError(upload.key, "The parts are not numbered from 1 without a gap.")
        if (
            min(ordered[:-1], default=self.limits.min_size) < self.limits.min_size
            or max(ordered) > self.limits.max_size
        ):
            raise PartsRefusedError(upload.key, "A part is too small or too large.")
        if self.limits.is_uniform and len({*ordered[:-1], max(ordered)}) > 1:
            raise PartsRefusedError(upload.key, "The parts are not of one size.")
        self._store.join(upload, numbers)


class _NewObject:
    def __init__(self, store: MemoryStore, upload: OpenUpload) -> None:
        self._store = store
        self._upload = upload

    def send(self, number: int, data: bytearray) -> None:
        self._store.receive(self._upload, number, bytes(data))

    def copy(self, number: int, source: str, start: int, end: int) -> None:
        if not 0 <= start < end <= self._store.size(source):
            raise PartsRefusedError(source, "There is no such range.")
        self._store.receive(self._upload, number, b"".join(self._store.read(source, start, end)))
