"""Headers and end records of a planned ZIP."""

from __future__ import annotations

import struct
from datetime import datetime, timezone
from functools import lru_cache

from dubbing_core.zips.records import (
    ATTRIBUTE_FOLDER,
    CENTRAL_SIGNATURE,
    DEFLATED,
    DOS_FIRST,
    DOS_LAST,
    END_SIGNATURES,
    EXTRA_ALIGNMENT,
    EXTRA_HEADER_SIZE,
    EXTRA_LIMIT,
    EXTRA_TIMESTAMP,
    FLAG_UTF8,
    LOCAL_SIGNATURE,
    MADE_BY_UNIX,
    MODE_EXECUTABLE,
    MODE_FILE,
    MODE_FOLDER,
    MODE_SHIFT,
    NEEDS_FOLDERS,
    NEEDS_ZIP64,
    SENTINEL16,
    SENTINEL32,
    STORED,
    TIMESTAMP_MODIFIED,
    CentralHeader,
    End64Record,
    EndRecord,
    LocalHeader,
    Locator64,
    pack_extra,
    pack_zip64,
    to_dos_timestamp,
)

FILE_ATTRIBUTES = MODE_FILE << MODE_SHIFT
EXECUTABLE_ATTRIBUTES = MODE_EXECUTABLE << MODE_SHIFT
FOLDER_ATTRIBUTES = MODE_FOLDER << MODE_SHIFT | ATTRIBUTE_FOLDER
LARGE_SIZE = 4 * 1024 * 1024
MEDIUM_SIZE = 64 * 1024
ALIGNMENTS = ((LARGE_SIZE, 64 * 1024), (MEDIUM_SIZE, 4096))
"""Pairs of a minimum member size and the alignment of such a member's data, in bytes."""
PADDING_MINIMUM = EXTRA_HEADER_SIZE + 2
ALIGNMENT_LIMIT = 0x8000
"""The largest power of two that the padding field can express."""


def build_headers(
    member_name: str,
    size: int,
    crc32: int,
    modified: datetime | int,
    offset: int,
    *,
    attributes: int,
    deflated_size: int | None = None,
) -> tuple[bytes, bytes]:
    """Return the local and the central header of a member at an offset.

    :param modified: seconds since 1970, which unpackers restore, or a moment that is only shown.
    :param attributes: external attributes of the system.
    :param deflated_size: bytes of a deflated member, which is smaller than 4 GiB; None for a stored one.
    """
    name = member_name.encode()
    flags = 0 if member_name.isascii() else FLAG_UTF8
    dos_time, dos_date = _to_dos_timestamp(modified)
    timestamp = _build_timestamp(modified) if isinstance(modified, int) else b""
    field = min(size, SENTINEL32)
    method, packed = (STORED, field) if deflated_size is None else (DEFLATED, deflated_size)
    # 4.5.3: the local header needs both sizes, the central one each value that does not fit into its own field.
    sizes = (size, size) if field == SENTINEL32 else ()
    offsets = (offset,) if offset >= SENTINEL32 else ()
    zip64 = pack_zip64(*sizes, *offsets) if sizes or offsets else b""
    central_extra = zip64 + timestamp
    extra = (pack_zip64(*sizes) if sizes else b"") + timestamp
    if deflated_size is None:
        extra += _build_padding(size, offset + LocalHeader.STRUCT.size + len(name), len(extra))
    common = (dos_time, dos_date, crc32, packed, field, len(name))
    # The records' structs are used directly: an object for each of 100,000 headers would double the time.
    local = LocalHeader.STRUCT.pack(
        LOCAL_SIGNATURE,
        NEEDS_ZIP64 if sizes else NEEDS_FOLDERS,
        flags,
        method,
        *common,
        len(extra),
    )
    central = CentralHeader.STRUCT.pack(
        CENTRAL_SIGNATURE,
        MADE_BY_UNIX,
        NEEDS_ZIP64 if zip64 else NEEDS_FOLDERS,
        flags,
        method,
        *common,
        len(central_extra),
        0,  # comment
        0,  # disk
        0,  # internal attributes
        attributes,
        min(offset, SENTINEL32),
    )
    return local + name + extra, central + name + central_extra


@lru_cache(maxsize=1024)
def _to_dos_timestamp(modified: datetime | int) -> tuple[int, int]:
    """Return `to_dos_timestamp` of a moment that many members of a version share."""
    if isinstance(modified, int):
        seconds = min(max(modified, int(DOS_FIRST.timestamp())), int(DOS_LAST.timestamp()))
        modified = datetime.fromtimestamp(seconds, timezone.utc)
    return to_dos_timestamp(modified)


def _build_timestamp(seconds: int) -> bytes:
    """Return the extra field with a time in UTC.

    Nothing where 32 bits cannot express it, and for the seconds that readers take for the signature of an end record.
    """
    if not -(1 << 31) <= seconds < 1 << 31:
        return b""
    field = pack_extra(EXTRA_TIMESTAMP, struct.pack("<Bi", TIMESTAMP_MODIFIED, seconds))
    return b"" if any(signature in field for signature in END_SIGNATURES) else field


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


def build_end_records(entries: int, size: int, offset: int, comment: bytes) -> bytes:
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
