"""What the application may ask of a place that keeps bytes.

Executors and operations name the narrowest of these protocols that serves them. A store says what it is able to do
in ``Capabilities``; nobody asks which class it is.

    StoreError
    ├── KeyRefusedError        the key is none that a store may hold
    ├── PartsRefusedError      parts that do not make one object
    │   └── PartsLostError     parts that had arrived and are damaged
    ├── PartBusyError          another request is writing there; trying again will help
    ├── ObjectMissingError     the key names nothing
    ├── ObjectDamagedError     the object is there and cannot be read any more
    ├── StoreFullError         no space or quota left
    └── StoreUnavailableError  the store did not answer as it should; trying again may help
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from dubbing_core.zips.multipart import PartLimits
from sessions_app.storage.check_result import Finding

CHUNK_SIZE = 1024 * 1024
"""Bytes a reader yields at the most at once; what memory is used does not depend on an object's size."""

PART_SIZE = 8 * 1024 * 1024
"""Bytes of every part but the last, unless the object is so large that it needs larger ones: see ``parts.part_size_for``."""


class StoreError(Exception):
    """A store could not do what it was asked."""

    permanent = False

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class KeyRefusedError(StoreError):
    """The key would lead out of the store, or to the names the store keeps for itself."""

    permanent = True

    def __init__(self, key: str) -> None:
        super().__init__(key, f"The storage does not accept {key!r} as a name.")


class PartsRefusedError(StoreError):
    """The parts do not make one object: a number, a size or the whole of them is wrong."""

    permanent = True


class PartsLostError(PartsRefusedError):
    """Parts that had arrived are gone since the power was: send these ``numbers`` again."""

    def __init__(self, key: str, numbers: Sequence[int]) -> None:
        super().__init__(key, "Parts were lost when the server stopped without warning.")
        self.numbers = numbers


class PartBusyError(StoreError):
    """Somebody else writes these bytes of the upload, or joins its parts, in this moment."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "Another request is writing to this upload. Try again in a moment.")


class ObjectMissingError(StoreError):
    """The key names nothing in the store."""

    permanent = True

    def __init__(self, key: str) -> None:
        super().__init__(key, f"There is no object {key} in the store.")


class ObjectDamagedError(StoreError):
    """The store has the object and says that its bytes are not what they were."""

    permanent = True

    def __init__(self, key: str) -> None:
        super().__init__(key, "The storage cannot read these bytes any more. Ask your operator.")


class StoreFullError(StoreError):
    """The store has no space left for the object."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "The storage is full. Free some space, then try again.")


class StoreUnavailableError(StoreError):
    """The store did not answer, or answered with an error of its own."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "The storage did not answer. Try again in a few minutes.")


class LocalFiles(Protocol):
    """Declared by ``Capabilities.local_files``."""

    def local_path(self, key: str) -> Path:
        """Return where the object lies on this machine (whether or not it exists)."""
        ...

    def new_file(self, key: str) -> AbstractContextManager[int]:
        """Open a new object as a descriptor, for the kernel to copy into; it comes to be as with ``BlobWriter.writer``."""
        ...


class NewObject(Protocol):
    """An object that is being made of parts; any number of threads may add some at once."""

    def send(self, number: int, data: bytearray) -> None:
        """Make a part of these bytes. Parts are numbered from 1, as S3 counts.

        :raises StoreFullError: no space is left.
        """
        ...

    def copy(self, number: int, source: str, start: int, end: int) -> None:
        """Make a part of the half-open range [start, end) of another object, which does not pass through this process.

        :raises ObjectMissingError: ``source`` names nothing.
        :raises PartsRefusedError: the store does not copy such a range.
        """
        ...


class RangeCopier(Protocol):
    """Declared by ``Capabilities.server_side_copy``."""

    @property
    def limits(self) -> PartLimits:
        """What sizes parts may have, sent or copied."""
        ...

    def new_object(self, key: str) -> AbstractContextManager[NewObject]:
        """Open a new object; its parts are joined when the ``with`` block ends without an exception.

        Then it is visible, durable and of the size of its parts. After an exception nothing is left, if no thread adds parts any
        more. An object that exists already is left as it is.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Part:
    """One received part of an object that arrives in parts."""

    number: int
    """From 1, as S3 counts."""
    size: int
    etag: str


@dataclass(frozen=True, kw_only=True)
class SignedPart:
    """The permission to send one part straight to the store."""

    url: str
    """To PUT the part's bytes to, without credentials."""
    headers: Mapping[str, str]
    """To send along, besides Content-Length, which every HTTP client sends by itself."""
    expires_at: datetime


class DirectParts(Protocol):
    """Declared by ``Capabilities.direct_parts``."""

    @property
    def origin(self) -> str:
        """Where signed URLs lead, as ``https://host[:port]``: a page must be allowed to connect there."""
        ...

    def sign(self, key: str, upload_id: str, number: int, *, size: int, expires_in: timedelta) -> SignedPart:
        """Permit whoever has the answer to send this part, of exactly ``size`` bytes, for a while.

        Computed here: nobody is asked, not even whether the upload is open. May be used any number of times; the last part that
        was sent counts. What is sent after the parts were joined never becomes the object's: it is refused, or (Swift) the object
        cannot be read any more.

        :raises PartsRefusedError: the number is not in 1..MAX_PARTS, or ``size`` is not in 1..MAX_PART_SIZE.
        """
        ...

    def parts(self, key: str, upload_id: str) -> list[Part]:
        """Return the parts that the store has received, by number: what ``complete`` wants, where all have arrived.

        Of an upload that is complete, some stores still tell them (Swift).

        :raises ObjectMissingError: no such upload is open.
        """
        ...


def needs_nothing(origins: Sequence[str]) -> Iterator[Finding]:
    """Answer for a store that is there as it is."""
    del origins
    return iter(())


def cannot_copy(sample: str) -> RangeCopier | None:
    """Answer for a store through which all bytes have to pass."""
    del sample
    return None


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a store declares that it is able to do."""

    local_files: LocalFiles | None = None
    """Objects are files on this machine, and this knows where they lie."""
    remote: bool = False
    """Every read costs a round trip: it pays to have several under way."""
    server_side_copy: Callable[[str], RangeCopier | None] = cannot_copy
    """Ranges of objects are copied into new objects without passing through this process. Called when it is about to be needed,
    with the key of a large object (at least twice ``zips.parts.LEAST_SIZE``), by which a store may have to find that out."""
    direct_parts: DirectParts | None = None
    """Parts of objects may be sent to the store itself, which then is the one who knows what has arrived."""
    prepare: Callable[[Sequence[str]], Iterator[Finding]] = needs_nothing
    """Makes the store ready for use, from browsers on pages of these origins as well, and tells what only this kind of store can
    tell of itself. Never raises StoreError: a finding says it."""
    presigned_urls: bool = False
    """A URL can be handed out that lets its holder read one object for a while."""


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    key: str
    size: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True)
class OpenUpload:
    """An object that has begun to arrive: its bytes take space, and ``list`` does not show it."""

    key: str
    upload_id: str


class ObjectWriter(Protocol):
    def write(self, data: bytes | memoryview, /) -> int: ...


class BlobReader(Protocol):
    def size(self, key: str) -> int:
        """Return the object's size in bytes; raise ObjectMissingError."""
        ...

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of the half-open range [start, end) in chunks of at most CHUNK_SIZE.

        :raises ObjectMissingError: the key names nothing (raised at the latest by the first ``next``).
        :raises ObjectDamagedError: the object cannot be read any more.
        :raises StoreUnavailableError: the store failed, or the object is shorter than ``end``.
        """
        ...


class DeclaredReader(BlobReader, Protocol):
    @property
    def capabilities(self) -> Capabilities: ...


class BlobWriter(Protocol):
    def writer(
        self, key: str, *, size: int | None = None, settled: bool = True
    ) -> AbstractContextManager[ObjectWriter]:
        """Open a new object for streaming; ``size``, where it is known, lets a store prepare for a very large one.

        The object is visible and durable (fsynced, or acknowledged by the store) once the ``with`` block ends without an
        exception. After an exception nothing is left: no partial object, no open multipart upload. An object that
        exists already is left as it is. One that is going to be promoted need not be ``settled``: where a loss of power may
        damage it, that saves waiting for the disk twice.

        :raises StoreFullError: no space is left.
        """
        ...

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        """Make small objects of these keys and bytes, as ``writer`` does, but with less waiting than for each by itself.

        Best for keys of one folder. After an exception those that were made before it are there.

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

    def begin(self, key: str) -> str:
        """Start an object and return the store's id for the upload (may be empty)."""
        ...

    def put_part(
        self, key: str, upload_id: str, number: int, chunks: Iterable[bytes], *, part_size: int = PART_SIZE
    ) -> Part:
        """Store one part; sending a part again replaces it, and failing to do so leaves the earlier one.

        All parts of an object but the last are of ``part_size`` bytes. A part is held in memory, so that half a part is never stored. A loss of power may take it before ``complete``, which
        then says so.

        :raises ObjectMissingError: no such upload is open.
        :raises PartBusyError: somebody else writes this part, or joins the parts, right now.
        :raises PartsRefusedError: the number is not in 1..MAX_PARTS, or ``chunks`` are more than ``part_size`` bytes.
        """
        ...

    def complete(
        self, key: str, upload_id: str, parts: Sequence[Part], *, part_size: int = PART_SIZE
    ) -> None:
        """Join the parts into the object ``key``, durably; no parts make an empty object.

        Idempotent: when the upload is gone and ``key`` exists, it has been completed before.

        :raises ObjectMissingError: neither exists.
        :raises PartBusyError: somebody else writes a part, or joins the parts, right now.
        :raises PartsRefusedError: they are not 1 to n, or one before the last is not of ``part_size``.
        :raises PartsLostError: some are damaged; the upload stays open for them.
        """
        ...

    def abort(self, key: str, upload_id: str) -> None:
        """Forget the upload and free its parts. Unknown uploads are ignored."""
        ...

    def open_uploads(self, prefix: str) -> Iterator[OpenUpload]:
        """Yield what was begun below ``prefix`` and neither completed nor aborted, what a killed ``writer`` left included."""
        ...


class BlobLister(Protocol):
    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield every object whose key starts with ``prefix`` (a folder, ending in "/"), in no particular order."""
        ...


class BlobDeleter(Protocol):
    def delete(self, key: str) -> None:
        """Remove the object; a missing one is not an error."""
        ...


class BlobStore(DeclaredReader, BlobWriter, PartWriter, BlobLister, BlobDeleter, Protocol):
    pass
