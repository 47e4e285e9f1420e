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
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Protocol

from dubbing_core import codec
from dubbing_core.paths import check_collisions, check_path
from dubbing_core.zips.records import (
    CENTRAL_SIGNATURE,
    END_SIGNATURES,
    EXTRA_ALIGNMENT,
    EXTRA_HEADER_SIZE,
    EXTRA_LIMIT,
    FLAG_UTF8,
    LOCAL_SIGNATURE,
    MADE_BY_UNIX,
    MODE_FILE,
    MODE_SHIFT,
    NEEDS_FOLDERS,
    NEEDS_ZIP64,
    SENTINEL16,
    SENTINEL32,
    STORED,
    CentralHeader,
    End64Record,
    EndRecord,
    LocalHeader,
    Locator64,
    pack_extra,
    pack_zip64,
    to_dos_timestamp,
)

LARGE_SIZE = 4 * 1024 * 1024
MEDIUM_SIZE = 64 * 1024
ALIGNMENTS = ((LARGE_SIZE, 64 * 1024), (MEDIUM_SIZE, 4096))
"""Pairs of a minimum member size and the alignment of such a member's data, in bytes."""
PADDING_MINIMUM = EXTRA_HEADER_SIZE + 2
ALIGNMENT_LIMIT = 0x8000
"""The largest power of two that the padding field can express."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BlobMember:
    """Member whose contents are a blob."""

    name: str
    sha256: str
    size: int
    """In bytes."""
    crc32: int
    modified: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class TextMember:
    """Member that is generated for the archive; its contents are part of the layout."""

    name: str
    data: bytes | bytearray
    modified: datetime


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


def plan_archive(members: Sequence[BlobMember | TextMember], *, comment: bytes = b"") -> SegmentLayout:
    """Plan the archive of the members, in their order. No blob is read.

    :raises ValueError: as `write_layout` does.
    """
    writer = _MemoryWriter()
    write_layout(members, writer, comment=comment)
    return SegmentLayout(tuple(writer.segments))


def write_layout(
    members: Sequence[BlobMember | TextMember], writer: SegmentWriter, *, comment: bytes = b""
) -> None:
    """Plan the archive of the members, in their order, and pass its segments on.

    Uses little memory besides the members: the segments are not collected.

    :raises ValueError: a name is unsafe or collides (`dubbing_core.paths.PathError`), a size or CRC-32 is impossible,
        or the comment is longer than 65,535 bytes or contains an end record. Nothing was passed on then.
    """
    for member in members:
        _check_member(member)
    check_collisions(member.name for member in members)
    if len(comment) > SENTINEL16 or any(signature in comment for signature in END_SIGNATURES):
        raise ValueError("The comment is too long or contains the signature of an end record.")
    builder = _LayoutBuilder(writer)
    for member in members:
        builder.add(member)
    builder.finish(comment)


def _check_member(member: BlobMember | TextMember) -> None:
    check_path(member.name)
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

    def add(self, member: BlobMember | TextMember) -> None:
        if isinstance(member, TextMember):
            size, crc32 = len(member.data), codec.crc32(member.data)
        else:
            size, crc32 = member.size, member.crc32
        local, central = _build_headers(member.name, size, crc32, member.modified, self._position)
        self._directory += central
        self._count += 1
        self._add_piece(local)
        if isinstance(member, TextMember):
            self._add_piece(member.data)
        elif size:
            self._flush()
            self._writer.add_blob(member.sha256, size)
            self._position += size

    def finish(self, comment: bytes) -> None:
        offset = self._position
        self._add_piece(self._directory)
        self._add_piece(_build_end_records(self._count, len(self._directory), offset, comment))
        self._flush()

    def _add_piece(self, data: bytes | bytearray) -> None:
        self._pieces.append(data)
        self._position += len(data)

    def _flush(self) -> None:
        self._writer.add_literal(self._pieces)
        self._pieces = []


def _build_headers(
    member_name: str, size: int, crc32: int, modified: datetime, offset: int
) -> tuple[bytes, bytes]:
    """Return the local and the central header of a member at an offset."""
    name = member_name.encode()
    flags = 0 if member_name.isascii() else FLAG_UTF8
    dos_time, dos_date = _to_dos_timestamp(modified)
    field = min(size, SENTINEL32)
    # 4.5.3: the local header needs both sizes, the central one each value that does not fit into its own field.
    sizes = (size, size) if field == SENTINEL32 else ()
    offsets = (offset,) if offset >= SENTINEL32 else ()
    extra = pack_zip64(*sizes) if sizes else b""
    central_extra = pack_zip64(*sizes, *offsets) if sizes or offsets else b""
    extra += _build_padding(size, offset + LocalHeader.STRUCT.size + len(name), len(extra))
    # The records' structs are used directly: an object for each of 100,000 headers would double the time.
    local = LocalHeader.STRUCT.pack(
        LOCAL_SIGNATURE,
        NEEDS_ZIP64 if sizes else NEEDS_FOLDERS,
        flags,
        STORED,
        dos_time,
        dos_date,
        crc32,
        field,
        field,
        len(name),
        len(extra),
    )
    central = CentralHeader.STRUCT.pack(
        CENTRAL_SIGNATURE,
        MADE_BY_UNIX,
        NEEDS_ZIP64 if central_extra else NEEDS_FOLDERS,
        flags,
        STORED,
        dos_time,
        dos_date,
        crc32,
        field,
        field,
        len(name),
        len(central_extra),
        0,  # comment
        0,  # disk
        0,  # internal attributes
        MODE_FILE << MODE_SHIFT,
        min(offset, SENTINEL32),
    )
    return local + name + extra, central + name + central_extra


@lru_cache(maxsize=16)
def _to_dos_timestamp(modified: datetime) -> tuple[int, int]:
    """Return `to_dos_timestamp` of a moment that all members of a version share."""
    return to_dos_timestamp(modified)


def _build_padding(size: int, start: int, used: int) -> bytes:
    """Return the extra field that aligns the member's data.

    :param start: offset of the local header's extra fields.
    :param used: size of the other extra fields.
    """
    if size < MEDIUM_SIZE:
        return b""
    alignment = next(alignment for min_size, alignment in ALIGNMENTS if size >= min_size)
    missing = -(start + used) % alignment
    if not missing:
        return b""
    # A field has at least PADDING_MINIMUM bytes, so a smaller gap is extended to the next boundary. Where that exceeds
    # the limit of extra fields, half the alignment is always possible.
    if missing < PADDING_MINIMUM:
        missing += alignment
    if missing + used > EXTRA_LIMIT:
        missing -= alignment // 2
    value = struct.pack("<H", min(alignment, ALIGNMENT_LIMIT))
    return pack_extra(EXTRA_ALIGNMENT, value.ljust(missing - EXTRA_HEADER_SIZE, b"\0"))


def _build_end_records(entries: int, size: int, offset: int, comment: bytes) -> bytes:
    """Return the bytes that follow the central directory."""
    end64 = b""
    if entries >= SENTINEL16 or size >= SENTINEL32 or offset >= SENTINEL32:
        end64 = (
            End64Record(
                disk_entries=entries, entries=entries, directory_size=size, directory_offset=offset
            ).pack()
            + Locator64(end64_offset=offset + size).pack()
        )
    end = EndRecord(
        disk_entries=min(entries, SENTINEL16),
        entries=min(entries, SENTINEL16),
        directory_size=min(size, SENTINEL32),
        directory_offset=min(offset, SENTINEL32),
        comment_size=len(comment),
    )
    return end64 + end.pack() + comment
