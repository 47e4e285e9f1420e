"""Extra fields of a member: a list of identifier, size, data (APPNOTE.TXT 4.5)."""

from __future__ import annotations

import struct

from dubbing_core import codec
from dubbing_core.sentences import sentence
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.records import (
    END_SIGNATURES,
    EXTRA_HEADER_SIZE,
    EXTRA_TIMESTAMP,
    EXTRA_UNICODE_COMMENT,
    EXTRA_UNICODE_PATH,
    EXTRA_ZIP64,
    TIMESTAMP_MODIFIED,
)

DISK_SIZE = 4
LARGE_VALUES = 3
"""Values of 8 bytes that a ZIP64 field can have: both sizes and the offset."""
UNREPEATABLE = frozenset({EXTRA_ZIP64, EXTRA_UNICODE_PATH, EXTRA_UNICODE_COMMENT})
"""Fields that change what a program reads; of two, some use the first and others the last."""
UNICODE_PATH_VERSION = 1  # 4.6.9
TIMESTAMP = struct.Struct("<Bi")
UNICODE_PATH_PREFIX = struct.Struct("<BI")


def parse_extra_fields(data: bytes, *, member: str) -> dict[int, bytes]:
    """Return extra fields by identifier; of repeated ones, the first.

    Zeros at the end are padding of older versions of zipalign, not a field.

    :raises ZipError: `zip_extra_invalid`, a field exceeds the available bytes or contains an end record, or one that
        changes the name or sizes occurs twice.
    """
    fields: dict[int, bytes] = {}
    position = 0
    while position + EXTRA_HEADER_SIZE <= len(data):
        identifier, size = struct.unpack_from("<2H", data, position)
        position += EXTRA_HEADER_SIZE
        value = data[position : position + size]
        position += size
        if len(value) < size or (identifier in fields and identifier in UNREPEATABLE):
            raise _extra_error(member)
        fields.setdefault(identifier, value)
    if data and (any(data[position:]) or any(signature in data for signature in END_SIGNATURES)):
        raise _extra_error(member)
    return fields


def parse_zip64_field(fields: dict[int, bytes], *, member: str) -> tuple[tuple[int, ...], int | None]:
    """Return the values of 8 bytes of the ZIP64 field (4.5.3), and the disk number.

    Without the field, or if it is empty, there are none.

    :raises ZipError: `zip_zip64_invalid`, the field does not consist of such values.
    """
    data = fields.get(EXTRA_ZIP64, b"")
    count, rest = divmod(len(data), 8)
    if count > LARGE_VALUES or rest not in (0, DISK_SIZE):
        raise zip64_error(member)
    values = struct.unpack_from(f"<{count}Q", data)
    return values, int.from_bytes(data[count * 8 :], "little") if rest else None


def parse_unicode_path(fields: dict[int, bytes], raw: bytes, *, member: str) -> str | None:
    """Return the name in the Unicode Path field (4.6.9), or None without one.

    :param raw: the name in the header, whose CRC-32 the field carries.
    :raises ZipError: `zip_extra_invalid`, the field has another version, belongs to another name, or is not UTF-8.
    """
    data = fields.get(EXTRA_UNICODE_PATH)
    if data is None:
        return None
    if len(data) <= UNICODE_PATH_PREFIX.size:
        raise _extra_error(member)
    version, crc32 = UNICODE_PATH_PREFIX.unpack_from(data)
    if version != UNICODE_PATH_VERSION or crc32 != codec.crc32(raw):
        raise _extra_error(member)
    try:
        return data[UNICODE_PATH_PREFIX.size :].decode()
    except UnicodeDecodeError:
        raise _extra_error(member) from None


def parse_unix_time(fields: dict[int, bytes]) -> int | None:
    """Return the modification time in seconds since 1970, or None.

    It is in the field that Info-ZIP defined.
    """
    data = fields.get(EXTRA_TIMESTAMP, b"")
    if len(data) < TIMESTAMP.size or not data[0] & TIMESTAMP_MODIFIED:
        return None
    return int(TIMESTAMP.unpack_from(data)[1])


def zip64_error(member: str | None) -> ZipError:
    return ZipError(
        "zip_zip64_invalid",
        sentence("The archive has contradictory ZIP64 sizes. Create it again with another program."),
        member=member,
    )


def _extra_error(member: str) -> ZipError:
    return ZipError(
        "zip_extra_invalid",
        sentence("The archive contains a damaged extra field. Create the archive again."),
        member=member,
    )
