"""Protocols and values of blob stores.

Callers depend on the narrowest protocol they need. A store declares its abilities in ``Capabilities``; callers never test its
class.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from dubbing_core.digests import Digest
from dubbing_core.zips.multipart import PartLimits
from sessions_app.storage.check_result import CheckResult
from sessions_app.storage.disk import Disk

CHUNK_SIZE = 1024 * 1024
"""Maximum number of bytes that a reader yields at once: memory use does not depend on an object's size."""

PART_SIZE = 8 * 1024 * 1024
"""Bytes of every part but the last, except for very large objects: see ``part_sizes.choose_part_size``."""


class LocalFiles(Protocol):
    """Objects that are files on this machine; see ``Capabilities.local_files``."""

    def local_path(self, key: str) -> Path:
        """Return the object's path, whether or not it exists."""
        ...

    def create_file(self, key: str) -> AbstractContextManager[int]:
        """Open a new object as a descriptor, for copies inside the kernel.

        Otherwise like ``BlobWriter.writer``.
        """
        ...


class NewObject(Protocol):
    """An object that is composed of parts. Thread-safe."""

    def send(self, number: int, data: bytearray) -> None:
        """Upload a part. Parts are numbered from 1, as in S3.

        :raises StoreFullError: no space is left.
        """
        ...

    def copy(self, number: int, source: str, start: int, end: int) -> None:
        """Copy the range [start, end) of another object as a part, inside the store.

        :raises ObjectMissingError: ``source`` does not exist.
        :raises PartsRefusedError: the store does not copy such a range.
        """
        ...


class RangeCopier(Protocol):
    """Composition of objects inside the store; see ``Capabilities.server_side_copy``."""

    @property
    def limits(self) -> PartLimits:
        """Sizes that sent and copied parts may have."""
        ...

    def create_object(self, key: str) -> AbstractContextManager[NewObject]:
        """Open a new object; its parts are joined when the ``with`` block ends.

        Then it is visible, durable, and has the size of its parts. After an exception nothing remains, provided that no thread
        is still adding parts. An existing object is not replaced.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Part:
    """One received part of an upload."""

    number: int
    """From 1, as in S3."""
    size: int
    etag: str


@dataclass(frozen=True, kw_only=True)
class SignedPart:
    """Permission to send one part straight to the store."""

    url: str
    """Target of a PUT request with the part's bytes, without credentials."""
    headers: Mapping[str, str]
    """To send as well, besides Content-Length, which every HTTP client sends."""
    expires_at: datetime


class DirectParts(Protocol):
    """Parts sent straight to the store; see ``Capabilities.direct_parts``."""

    @property
    def origin(self) -> str:
        """``https://host[:port]`` of the signed URLs, for the Content-Security-Policy."""
        ...

    def sign_part(
        self, key: str, upload_id: str, number: int, *, size: int, expires_in: timedelta
    ) -> SignedPart:
        """Permit the holder of the URL to send this part, of exactly ``size`` bytes.

        Computed locally, without checking that the upload is open. The URL may be used repeatedly; the last part sent counts. A
        part sent after the join never becomes part of the object: it is refused, or (Swift) the object becomes unreadable.

        :raises PartsRefusedError: the number is not in 1..MAX_PARTS, or ``size`` is not in 1..MAX_PART_SIZE.
        """
        ...

    def list_parts(self, key: str, upload_id: str, *, etags: Collection[str] = ()) -> list[Part]:
        """Return the received parts by number, as ``complete`` expects them.

        Some stores (Swift) still return those of a completed upload.

        :param etags: of the newest parts that the caller knows, for stores that also list replaced ones.
        :raises ObjectMissingError: no such upload is open.
        """
        ...


class DirectReads(Protocol):
    """Objects read straight from the store; see ``Capabilities.direct_reads``."""

    @property
    def origin(self) -> str:
        """``https://host[:port]`` of the signed URLs, for the Content-Security-Policy."""
        ...

    def sign_read(
        self, key: str, *, content_type: str, disposition: str, cache_control: str, expires_in: timedelta
    ) -> str:
        """Permit the holder of the returned URL to GET this object, whole or in ranges.

        The response has the given headers. Computed locally, without checking that the object exists.
        """
        ...


def skip_preparation(origins: Sequence[str]) -> Iterator[CheckResult]:
    """Prepare nothing: the default of ``Capabilities.prepare``."""
    del origins
    return iter(())


def get_no_copier(sample: str) -> RangeCopier | None:
    """Return None: the default of ``Capabilities.server_side_copy``."""
    del sample
    return None


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """Abilities that a store declares."""

    local_files: LocalFiles | None = None
    """Access to objects as files on this machine."""
    disk: Disk | None = None
    """The disk whose free space limits the store; None if that is unknown."""
    remote: bool = False
    """Every read costs a round trip: several should run concurrently."""
    server_side_copy: Callable[[str], RangeCopier | None] = get_no_copier
    """Returns the store's copier. Its argument is the key of a large object (at least ``zips.multipart.LARGE_MEMBER_SIZE``), with
    which a store may test whether it copies ranges."""
    direct_parts: DirectParts | None = None
    """Signed URLs for parts; the store then knows which parts have arrived."""
    direct_reads: DirectReads | None = None
    """Signed URLs for players."""
    prepare: Callable[[Sequence[str]], Iterator[CheckResult]] = skip_preparation
    """Prepares the store for the portal and for browsers on pages of these origins, and yields checks specific to this kind of
    store. Never raises StoreError: results report it."""


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    key: str
    size: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True)
class OpenUpload:
    """An unfinished object: it uses space, and ``list`` does not return it."""

    key: str
    upload_id: str


class ObjectWriter(Protocol):
    def write(self, data: bytes | memoryview, /) -> int: ...


class BlobReader(Protocol):
    def size(self, key: str) -> int:
        """Return the object's size in bytes; raise ObjectMissingError."""
        ...

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of [start, end) in chunks of at most CHUNK_SIZE.

        :raises ObjectMissingError: there is no such object (raised at the latest by the first ``next``).
        :raises ObjectDamagedError: the object cannot be read any more.
        :raises StoreUnavailableError: the store failed, or the object is shorter than ``end``.
        """
        ...


class CapableReader(BlobReader, Protocol):
    @property
    def capabilities(self) -> Capabilities: ...


class BlobWriter(Protocol):
    def writer(
        self, key: str, *, size: int | None = None, durable: bool = True
    ) -> AbstractContextManager[ObjectWriter]:
        """Open a new object for streaming.

        The object is visible and durable (fsynced, or acknowledged by the store) when the ``with`` block ends without an
        exception. After an exception nothing remains: no partial object, no open multipart upload. An existing object is not
        replaced.

        :param size: of the object, if known: a very large one needs larger parts.
        :param durable: False for an object that will be promoted, which syncs it anyway.
        :raises StoreFullError: no space is left.
        """
        ...

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        """Store small objects, faster than ``writer`` does one by one.

        Fastest for keys of one folder. After an exception some of the objects may exist.

        :raises StoreFullError: no space is left.
        """
        ...

    def promote(self, staged: str, key: str, *, is_durable: bool = False) -> None:
        """Give a staged object its final key, inside the store if possible.

        Durable on return. An existing ``key`` is left as it is (content-addressed: equal names, equal bytes) and the staged
        object is removed. Idempotent: if only ``key`` exists, the object has been promoted before.

        :param is_durable: the staged bytes are durable already, like those of a completed upload.
        :raises ObjectMissingError: neither exists.
        """
        ...


class PartWriter(Protocol):
    """Objects uploaded in parts, over many requests and processes.

    Modeled on S3 multipart uploads.
    """

    def begin(self, key: str) -> str:
        """Initiate an upload and return the store's id for it (may be empty)."""
        ...

    def put_part(
        self, key: str, upload_id: str, number: int, chunks: Iterable[bytes], *, part_size: int = PART_SIZE
    ) -> Part:
        """Store one part; a repeated part replaces the previous one, unless it fails.

        All parts of an object but the last must have ``part_size`` bytes. A part is held in memory first, so that half a part is
        never stored. A power failure before ``complete`` may destroy it; ``complete`` then reports that.

        :raises ObjectMissingError: no such upload is open.
        :raises PartBusyError: another request is writing this part or joining the parts.
        :raises PartsRefusedError: the number is not in 1..MAX_PARTS, or ``chunks`` exceed ``part_size`` bytes.
        """
        ...

    def complete(
        self, key: str, upload_id: str, parts: Sequence[Part], *, part_size: int = PART_SIZE
    ) -> Digest | None:
        """Join the parts into the object ``key``, durably; no parts make an empty object.

        Idempotent: if the upload does not exist but ``key`` does, it has been completed before.

        :returns: the object's digest, if the store can compute it without a request and soon.

        :raises ObjectMissingError: neither exists.
        :raises PartBusyError: another request is writing a part or joining the parts.
        :raises PartsRefusedError: their numbers are not 1 to n, or one before the last is not of ``part_size``.
        :raises PartsLostError: some are damaged; the upload stays open for them.
        """
        ...

    def abort(self, key: str, upload_id: str) -> None:
        """Delete the upload and its parts. Unknown uploads are ignored."""
        ...

    def open_uploads(self, prefix: str) -> Iterator[OpenUpload]:
        """Yield unfinished uploads below ``prefix``, those of ``writer`` included."""
        ...


class BlobLister(Protocol):
    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects below ``prefix`` (ending in "/"), in no particular order."""
        ...


class BlobDeleter(Protocol):
    def delete(self, key: str) -> None:
        """Delete the object; a missing one is not an error."""
        ...

    def delete_all(self, keys: Sequence[str]) -> None:
        """Delete objects, faster than ``delete`` does one by one.

        Missing ones are not errors. On return the deletion is durable: a power failure does not bring an object back. After an exception some of the
        objects may remain.
        """
        ...


class BlobStore(CapableReader, BlobWriter, PartWriter, BlobLister, BlobDeleter, Protocol):
    pass
