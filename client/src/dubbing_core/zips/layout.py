"""Layout of a ZIP, planned before a byte is written.

Size, ETag, ranges and bytes follow from one list of segments, which is in memory or in a file. See
docs/decisions/0004-zip-layout.md.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from typing import Protocol

from dubbing_core import codec
from dubbing_core.paths import check_collisions, check_path
from dubbing_core.zips.headers import (
    EXECUTABLE_ATTRIBUTES,
    FILE_ATTRIBUTES,
    FOLDER_ATTRIBUTES,
    build_end_records,
    build_headers,
)
from dubbing_core.zips.records import END_SIGNATURES, SENTINEL16, SENTINEL32

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class BlobMember:
    """Member whose contents are a blob."""

    name: str
    sha256: str
    size: int
    """In bytes."""
    crc32: int
    modified: datetime
    """Shown where `mtime_ns` is None."""
    is_executable: bool = False
    mtime_ns: int | None = None
    """Last modification in nanoseconds since 1970."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextMember:
    """Member that is generated for the archive; its contents are part of the layout."""

    name: str
    """A name that ends with a slash is that of an empty folder."""
    data: bytes | bytearray
    modified: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DeflatedMember:
    """Member whose deflated contents are part of the layout."""

    name: str
    deflated: bytes
    size: int
    """In bytes, unpacked."""
    crc32: int
    modified: datetime
    is_executable: bool = False
    mtime_ns: int | None = None
    """As of `BlobMember`."""

    @classmethod
    def from_data(
        cls,
        name: str,
        data: bytes | bytearray,
        *,
        modified: datetime,
        is_executable: bool = False,
        mtime_ns: int | None = None,
    ) -> DeflatedMember:
        return cls(
            name=name,
            deflated=codec.deflate(data),
            size=len(data),
            crc32=codec.crc32(data),
            modified=modified,
            is_executable=is_executable,
            mtime_ns=mtime_ns,
        )


Member = BlobMember | TextMember | DeflatedMember


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes that are part of the layout."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def cut(self, start: int, end: int) -> Literal:
        return self if (start, end) == (0, self.size) else Literal(self.data[start:end])


@dataclass(frozen=True, slots=True)
class BlobRange:
    """Range of a blob's bytes."""

    sha256: str
    start: int
    end: int
    """Exclusive."""

    @property
    def size(self) -> int:
        return self.end - self.start

    def cut(self, start: int, end: int) -> BlobRange:
        return BlobRange(self.sha256, self.start + start, self.start + end)


Segment = Literal | BlobRange


class Layout(Protocol):
    """All bytes of an archive, as segments. No segment is empty."""

    @property
    def size(self) -> int:
        """In bytes."""

    @property
    def etag(self) -> str:
        """Strong validator (RFC 9110 section 8.8.3), see `EtagDigest`."""

    @property
    def segments(self) -> Iterable[Segment]:
        """All segments, in order."""

    def cut(self, start: int, end: int) -> Iterator[Segment]:
        """Return the segments of the half-open range [start, end) of the archive.

        :raises ValueError: the range is not within the archive.
        """


class SegmentWriter(Protocol):
    """Receiver of a layout's segments, in order. Literals and blobs alternate."""

    def add_literal(self, pieces: Sequence[bytes | bytearray]) -> None:
        """Add a literal that consists of the pieces."""

    def add_blob(self, sha256: str, size: int) -> None:
        """Add a whole blob."""


class EtagDigest:
    """Incremental ETag of a layout.

    Equal if and only if the bytes are equal, because blobs never change.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add_literal(self, pieces: Sequence[bytes | bytearray]) -> None:
        self._digest.update(struct.pack("<cQ", b"L", sum(map(len, pieces))))
        for piece in pieces:
            self._digest.update(piece)

    def add_blob_range(self, blob: BlobRange) -> None:
        self._digest.update(struct.pack("<c2Q", b"B", blob.start, blob.end) + blob.sha256.encode())

    def digest(self) -> bytes:
        return self._digest.digest()


def format_etag(digest: bytes) -> str:
    return f'"{digest.hex()}"'


@dataclass(frozen=True)
class SegmentLayout:
    """Layout in memory.

    No two literals are adjacent.
    """

    segments: tuple[Segment, ...]

    @property
    def size(self) -> int:
        """In bytes."""
        return self._ends[-1]

    @cached_property
    def etag(self) -> str:
        digest = EtagDigest()
        for segment in self.segments:
            if isinstance(segment, Literal):
                digest.add_literal([segment.data])
            else:
                digest.add_blob_range(segment)
        return format_etag(digest.digest())

    @cached_property
    def blobs(self) -> tuple[str, ...]:
        """SHA-256 of each blob, in order of first use."""
        return tuple(
            dict.fromkeys(segment.sha256 for segment in self.segments if isinstance(segment, BlobRange))
        )

    def cut(self, start: int, end: int) -> Iterator[Segment]:
        check_range(start, end, self.size)
        return self._cut(start, end)

    def _cut(self, start: int, end: int) -> Iterator[Segment]:
        index = bisect_right(self._ends, start)
        while start < end:
            segment = self.segments[index]
            segment_end = self._ends[index]
            segment_start = segment_end - segment.size
            stop = min(end, segment_end)
            yield segment.cut(start - segment_start, stop - segment_start)
            start = stop
            index += 1

    @cached_property
    def _ends(self) -> array[int]:
        return array("Q", accumulate(segment.size for segment in self.segments))


def check_range(start: int, end: int, size: int) -> None:
    """Check that [start, end) is within an archive of this size.

    :raises ValueError: it is not.
    """
    if not 0 <= start <= end <= size:
        raise ValueError(f"[{start}, {end}) is not within an archive of {size} bytes.")


def plan_archive(members: Sequence[Member], *, comment: bytes = b"") -> SegmentLayout:
    """Plan the archive of the members, in their order. No blob is read.

    :raises ValueError: as `write_layout` does.
    """
    writer = _MemoryWriter()
    write_layout(members, writer, comment=comment)
    return SegmentLayout(tuple(writer.segments))


def write_layout(members: Sequence[Member], writer: SegmentWriter, *, comment: bytes = b"") -> None:
    """Plan the archive of the members, in their order, and pass its segments on.

    Uses little memory besides the members: the segments are not collected.

    :raises ValueError: a name is unsafe or collides (`dubbing_core.paths.PathError`), a size or CRC-32 is impossible,
        or the comment is longer than 65,535 bytes or contains an end record. Nothing was passed on then.
    """
    for member in members:
        _check_member(member)
    check_collisions(member.name.removesuffix("/") for member in members)
    if len(comment) > SENTINEL16 or any(signature in comment for signature in END_SIGNATURES):
        raise ValueError("The comment is too long or contains the signature of an end record.")
    builder = _LayoutBuilder(writer)
    for member in members:
        builder.add(member)
    builder.finish(comment)


def _check_member(member: Member) -> None:
    check_path(member.name.removesuffix("/") if isinstance(member, TextMember) else member.name)
    if isinstance(member, TextMember):
        return
    if not 0 <= member.size < 1 << 63:
        raise ValueError(f"A file cannot have {member.size} bytes.")
    if not 0 <= member.crc32 <= SENTINEL32 or (member.size == 0 and member.crc32 != 0):
        raise ValueError(f"{member.crc32} is not the CRC-32 of {member.size} bytes.")


class _MemoryWriter:
    """Collector of segments."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []

    def add_literal(self, pieces: Sequence[bytes | bytearray]) -> None:
        self.segments.append(Literal(b"".join(pieces)))

    def add_blob(self, sha256: str, size: int) -> None:
        self.segments.append(BlobRange(sha256, 0, size))


class _LayoutBuilder:
    def __init__(self, writer: SegmentWriter) -> None:
        self._writer = writer
        self._pieces: list[bytes | bytearray] = []
        self._directory = bytearray()
        self._count = 0
        self._position = 0

    def add(self, member: Member) -> None:
        modified: datetime | int = member.modified
        deflated_size = None
        if isinstance(member, TextMember):
            size, crc32 = len(member.data), codec.crc32(member.data)
            attributes = FOLDER_ATTRIBUTES if member.name.endswith("/") else FILE_ATTRIBUTES
        else:
            size, crc32 = member.size, member.crc32
            attributes = EXECUTABLE_ATTRIBUTES if member.is_executable else FILE_ATTRIBUTES
            modified = modified if member.mtime_ns is None else member.mtime_ns // NANOSECONDS
        if isinstance(member, DeflatedMember):
            deflated_size = len(member.deflated)
        local, central = build_headers(
            member.name,
            size,
            crc32,
            modified,
            self._position,
            attributes=attributes,
            deflated_size=deflated_size,
        )
        self._directory += central
        self._count += 1
        self._add_piece(local)
        if isinstance(member, TextMember):
            self._add_piece(member.data)
        elif isinstance(member, DeflatedMember):
            self._add_piece(member.deflated)
        elif size:
            self._flush()
            self._writer.add_blob(member.sha256, size)
            self._position += size

    def finish(self, comment: bytes) -> None:
        offset = self._position
        self._add_piece(self._directory)
        self._add_piece(build_end_records(self._count, len(self._directory), offset, comment))
        self._flush()

    def _add_piece(self, data: bytes | bytearray) -> None:
        self._pieces.append(data)
        self._position += len(data)

    def _flush(self) -> None:
        self._writer.add_literal(self._pieces)
        self._pieces = []
