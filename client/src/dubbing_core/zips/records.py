"""Fixed-size records of the ZIP format (APPNOTE.TXT 6.3.10): pack and parse."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import ClassVar

LOCAL_SIGNATURE = b"PK\x03\x04"  # 4.3.7
DESCRIPTOR_SIGNATURE = b"PK\x07\x08"  # 4.3.9.3
SPLIT_SIGNATURE = b"PK\x07\x08"  # 8.5.3: the first part of a split archive starts with it
CENTRAL_SIGNATURE = b"PK\x01\x02"  # 4.3.12
END64_SIGNATURE = b"PK\x06\x06"  # 4.3.14
LOCATOR64_SIGNATURE = b"PK\x06\x07"  # 4.3.15
END_SIGNATURE = b"PK\x05\x06"  # 4.3.16

END_SIGNATURES = (END_SIGNATURE, END64_SIGNATURE, LOCATOR64_SIGNATURE)
SIGNATURES = (LOCAL_SIGNATURE, DESCRIPTOR_SIGNATURE, CENTRAL_SIGNATURE, *END_SIGNATURES)

SENTINEL16 = 0xFFFF  # 4.4.1.4: the value is in the ZIP64 record
SENTINEL32 = 0xFFFFFFFF  # 4.4.1.4: the value is in the ZIP64 record or extra field

HOST_UNIX = 3  # 4.4.2.2
HOST_DARWIN = 19  # 4.4.2.2
MADE_BY_UNIX = HOST_UNIX << 8 | 63  # 4.4.2: Unix modes, version 6.3 for names in UTF-8
NEEDS_FOLDERS = 20  # 4.4.3.2
NEEDS_ZIP64 = 45  # 4.4.3.2

FLAG_ENCRYPTED = 1 << 0  # 4.4.4
FLAG_DESCRIPTOR = 1 << 3  # 4.4.4
FLAG_PATCHED = 1 << 5  # 4.4.4
FLAG_STRONG_ENCRYPTION = 1 << 6  # 4.4.4
FLAG_UTF8 = 1 << 11  # 4.4.4 and appendix D
FLAG_MASKED = 1 << 13  # 4.4.4

STORED = 0  # 4.4.5
DEFLATED = 8  # 4.4.5

EXTRA_ZIP64 = 0x0001  # 4.5.3
EXTRA_UNICODE_COMMENT = 0x6375  # 4.6.8
EXTRA_UNICODE_PATH = 0x7075  # 4.6.9
EXTRA_TIMESTAMP = 0x5455  # of Info-ZIP: flags, then seconds since 1970 in 32 bits
TIMESTAMP_MODIFIED = 1
"""Flag of the modification time in the field of timestamps."""
EXTRA_ALIGNMENT = 0xD935  # Android's zipalign and apksig: the alignment (2 bytes), then zeros
EXTRA_HEADER_SIZE = 4  # 4.5.1
EXTRA_LIMIT = 0xFFFF  # 4.4.11

MODE_FILE = 0o100644  # 4.4.15: Unix hosts store st_mode in the upper half of the external attributes
MODE_EXECUTABLE = 0o100755
MODE_FOLDER = 0o040755
ATTRIBUTE_FOLDER = 0x10  # of MS-DOS, in the lower half
MODE_SHIFT = 16

# 4.4.6; DOS time has no time zone, so it is written and read as UTC.
DOS_FIRST = datetime(1980, 1, 1, tzinfo=timezone.utc)
DOS_LAST = datetime(2107, 12, 31, 23, 59, 58, tzinfo=timezone.utc)


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalHeader:
    """Local file header (4.3.7), without the name and extra field that follow it."""

    STRUCT: ClassVar = struct.Struct("<4s5H3I2H")

    version_needed: int
    flags: int
    method: int
    dos_time: int
    dos_date: int
    crc32: int
    compressed_size: int
    size: int
    name_size: int
    extra_size: int

    def pack(self) -> bytes:
        return self.STRUCT.pack(
            LOCAL_SIGNATURE,
            self.version_needed,
            self.flags,
            self.method,
            self.dos_time,
            self.dos_date,
            self.crc32,
            self.compressed_size,
            self.size,
            self.name_size,
            self.extra_size,
        )

    @classmethod
    def parse(cls, data: bytes) -> LocalHeader | None:
        """Parse the record at the start of `data`; None if it has another signature."""
        signature, version, flags, method, time, date, crc32, compressed, size, name, extra = (
            cls.STRUCT.unpack_from(data)
        )
        if signature != LOCAL_SIGNATURE:
            return None
        return cls(
            version_needed=version,
            flags=flags,
            method=method,
            dos_time=time,
            dos_date=date,
            crc32=crc32,
            compressed_size=compressed,
            size=size,
            name_size=name,
            extra_size=extra,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CentralHeader:
    """Central directory header (4.3.12), without its name, extra field and comment."""

    STRUCT: ClassVar = struct.Struct("<4s6H3I5H2I")

    version_made_by: int
    version_needed: int
    flags: int
    method: int
    dos_time: int
    dos_date: int
    crc32: int
    compressed_size: int
    size: int
    name_size: int
    extra_size: int
    comment_size: int
    disk: int
    internal_attributes: int
    external_attributes: int
    offset: int
    """Of the local header, from the start of the archive."""

    def pack(self) -> bytes:
        return self.STRUCT.pack(
            CENTRAL_SIGNATURE,
            self.version_made_by,
            self.version_needed,
            self.flags,
            self.method,
            self.dos_time,
            self.dos_date,
            self.crc32,
            self.compressed_size,
            self.size,
            self.name_size,
            self.extra_size,
            self.comment_size,
            self.disk,
            self.internal_attributes,
            self.external_attributes,
            self.offset,
        )

    @classmethod
    def parse(cls, data: bytes | memoryview, position: int) -> CentralHeader | None:
        """Parse the record at `position`; None if it has another signature."""
        fields = cls.STRUCT.unpack_from(data, position)
        if fields[0] != CENTRAL_SIGNATURE:
            return None
        return cls(
            version_made_by=fields[1],
            version_needed=fields[2],
            flags=fields[3],
            method=fields[4],
            dos_time=fields[5],
            dos_date=fields[6],
            crc32=fields[7],
            compressed_size=fields[8],
            size=fields[9],
            name_size=fields[10],
            extra_size=fields[11],
            comment_size=fields[12],
            disk=fields[13],
            internal_attributes=fields[14],
            external_attributes=fields[15],
            offset=fields[16],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class EndRecord:
    """End of central directory record (4.3.16), without the archive comment."""

    STRUCT: ClassVar = struct.Struct("<4s4H2IH")

    disk: int = 0
    directory_disk: int = 0
    disk_entries: int
    entries: int
    directory_size: int
    directory_offset: int
    comment_size: int

    def pack(self) -> bytes:
        return self.STRUCT.pack(
            END_SIGNATURE,
            self.disk,
            self.directory_disk,
            self.disk_entries,
            self.entries,
            self.directory_size,
            self.directory_offset,
            self.comment_size,
        )

    @classmethod
    def parse(cls, data: bytes, position: int) -> EndRecord:
        _, disk, directory_disk, disk_entries, entries, size, offset, comment = cls.STRUCT.unpack_from(
            data, position
        )
        return cls(
            disk=disk,
            directory_disk=directory_disk,
            disk_entries=disk_entries,
            entries=entries,
            directory_size=size,
            directory_offset=offset,
            comment_size=comment,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class End64Record:
    """ZIP64 end of central directory record (4.3.14), version 1."""

    STRUCT: ClassVar = struct.Struct("<4sQ2H2I4Q")
    RECORD_SIZE: ClassVar = 44
    """Size of the record without its signature and this field (4.3.14.1)."""

    record_size: int = RECORD_SIZE
    disk: int = 0
    directory_disk: int = 0
    disk_entries: int
    entries: int
    directory_size: int
    directory_offset: int

    def pack(self) -> bytes:
        return self.STRUCT.pack(
            END64_SIGNATURE,
            self.record_size,
            MADE_BY_UNIX,
            NEEDS_ZIP64,
            self.disk,
            self.directory_disk,
            self.disk_entries,
            self.entries,
            self.directory_size,
            self.directory_offset,
        )

    @classmethod
    def parse(cls, data: bytes) -> End64Record | None:
        """Parse the record at the start of `data`; None if it has another signature."""
        signature, record_size, _, _, disk, directory_disk, disk_entries, entries, size, offset = (
            cls.STRUCT.unpack_from(data)
        )
        if signature != END64_SIGNATURE:
            return None
        return cls(
            record_size=record_size,
            disk=disk,
            directory_disk=directory_disk,
            disk_entries=disk_entries,
            entries=entries,
            directory_size=size,
            directory_offset=offset,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Locator64:
    """ZIP64 end of central directory locator (4.3.15)."""

    STRUCT: ClassVar = struct.Struct("<4sIQI")

    end64_disk: int = 0
    end64_offset: int
    disks: int = 1

    def pack(self) -> bytes:
        return self.STRUCT.pack(LOCATOR64_SIGNATURE, self.end64_disk, self.end64_offset, self.disks)

    @classmethod
    def parse(cls, data: bytes, position: int) -> Locator64 | None:
        """Parse the record at `position`; None if it has another signature."""
        signature, disk, offset, disks = cls.STRUCT.unpack_from(data, position)
        if signature != LOCATOR64_SIGNATURE:
            return None
        return cls(end64_disk=disk, end64_offset=offset, disks=disks)


def pack_extra(identifier: int, data: bytes) -> bytes:
    """Return one extra field (4.5.1)."""
    return struct.pack("<2H", identifier, len(data)) + data


def pack_zip64(*values: int) -> bytes:
    """Return the ZIP64 extra field (4.5.3) of values that do not fit their fields."""
    return pack_extra(EXTRA_ZIP64, struct.pack(f"<{len(values)}Q", *values))


def to_dos_timestamp(moment: datetime) -> tuple[int, int]:
    """Return time and date words (4.4.6), in UTC.

    They cover 1980 to 2107 in steps of two seconds. A naive moment is in UTC.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    moment = min(max(moment, DOS_FIRST), DOS_LAST).astimezone(timezone.utc)
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (moment.year - DOS_FIRST.year) << 9 | moment.month << 5 | moment.day


def from_dos_timestamp(time: int, date: int) -> datetime | None:
    """Return the moment that two DOS words encode, or None for an invalid date."""
    try:
        return datetime(
            DOS_FIRST.year + (date >> 9),
            date >> 5 & 0xF,
            date & 0x1F,
            time >> 11,
            time >> 5 & 0x3F,
            (time & 0x1F) * 2,
            tzinfo=timezone.utc,
        )
    except ValueError:
        return None
