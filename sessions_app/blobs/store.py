"""What the application may ask of a place that keeps bytes.

Executors and operations name the narrowest of these protocols that serves them. A store says what it is able to do
in ``Capabilities``; nobody asks which class it is.

    StoreError
    ├── ObjectMissingError     the key names nothing
    ├── StoreFullError         no space or quota left
    └── StoreUnavailableError  the store did not answer as it should; trying again may help
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CHUNK_SIZE = 1024 * 1024
"""Bytes a reader yields at the most at once; what memory is used does not depend on an object's size."""


class StoreError(Exception):
    """A store could not do what it was asked."""

    permanent = False

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class ObjectMissingError(StoreError):
    """The key names nothing in the store."""

    permanent = True

    def __init__(self, key: str) -> None:
        super().__init__(key, f"There is no object {key} in the store.")


class StoreFullError(StoreError):
    """The store has no space left for the object."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "The storage is full. Free some space, then try again.")


class StoreUnavailableError(StoreError):
    """The store did not answer, or answered with an error of its own."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "The storage did not answer. Try again in a few minutes.")


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a store declares that it is able to do."""

    local_files: bool = False
    """Objects are files on this machine: ``local_path`` answers."""
    server_side_copy: bool = False
    """Ranges of objects are copied into new objects without passing through this process."""
    presigned_urls: bool = False
    """A URL can be handed out that lets its holder read one object for a while."""


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    key: str
    size: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One received part of an object that arrives in parts."""

    number: int
    """From 1, as S3 counts."""
    size: int
    etag: str


class ObjectWriter(Protocol):
    def write(self, data: bytes | memoryview, /) -> int: ...


class BlobReader(Protocol):
    def size(self, key: str) -> int:
        """Return the object's size in bytes; raise ObjectMissingError."""
        ...

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of the half-open range [start, end) in chunks of at most CHUNK_SIZE.

        :raises ObjectMissingError: the key names nothing (raised at the latest by the first ``next``).
        :raises StoreUnavailableError: the store failed, or the object is shorter than ``end``.
        """
        ...


class BlobWriter(Protocol):
    def writer(self, key: str) -> AbstractContextManager[ObjectWriter]:
        """Open a new object for streaming.

        The object is visible and durable (fsynced, or acknowledged by the store) once the ``with`` block ends without an
        exception. After an exception nothing is left: no partial object, no open multipart upload.

        :raises StoreFullError: no space is left.
        """
        ...

    def promote(self, staged: str, key: str) -> None:
        """Give the staged object its final name, without moving bytes through this process where the store can.

        Durable on return. If ``key`` exists already it is left as it is (content-addressed: equal names, equal bytes) and the
        staged object is removed. Idempotent: when ``staged`` is gone and ``key`` exists, it has been promoted before.

        :raises ObjectMissingError: neither exists.
        """
        ...


class PartWriter(Protocol):
    """Objects that arrive in parts, over many requests and processes (shaped like an S3 multipart upload)."""

    part_size: int
    """Every part but the last has exactly this many bytes."""

    def begin(self, key: str) -> str:
        """Start an object and return the store's id for the upload (may be empty)."""
        ...

    def put_part(self, key: str, upload_id: str, number: int, chunks: Iterable[bytes]) -> Part:
        """Store one part; sending a part again replaces it. At most ``part_size`` bytes are read from ``chunks``."""
        ...

    def complete(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        """Join the parts into the object ``key``, durably."""
        ...

    def abort(self, key: str, upload_id: str) -> None:
        """Forget the upload and free its parts. Unknown uploads are ignored."""
        ...


class BlobLister(Protocol):
    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield every object whose key starts with ``prefix`` (a folder, ending in "/"), in no particular order."""
        ...


class BlobDeleter(Protocol):
    def delete(self, key: str) -> None:
        """Remove the object; a missing one is not an error."""
        ...


class LocalFiles(Protocol):
    """Declared by ``Capabilities.local_files``."""

    def local_path(self, key: str) -> Path:
        """Return where the object lies on this machine (whether or not it exists)."""
        ...


class BlobStore(BlobReader, BlobWriter, PartWriter, BlobLister, BlobDeleter, Protocol):
    capabilities: Capabilities
