"""Finds the central directory: from the end of the archive backwards, and only if there is one way to read it."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.extra_fields import zip64_error
from dubbing_core.zips.limits import ArchiveLimits
from dubbing_core.zips.records import (
    END_SIGNATURE,
    LOCAL_SIGNATURE,
    SENTINEL16,
    SENTINEL32,
    SIGNATURES,
    CentralHeader,
    End64Record,
    EndRecord,
    Locator64,
)
from dubbing_core.zips.source import RangeSource, read_bytes

TAIL_SIZE = 1024 * 1024
"""Read first, at once: the end records, and with them the whole directory of most archives."""
COMMENT_LIMIT = 0xFFFF  # 4.4.12


@dataclass(frozen=True, kw_only=True, slots=True)
class CentralDirectory:
    """The central directory, unread, between the last member and the end records."""

    entry_count: int
    offset: int
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """What the end records tell of the directory."""

    entries: int
    offset: int
    size: int
    end: int
    """Where the end records start."""


def read_central_directory(source: RangeSource, limits: ArchiveLimits) -> CentralDirectory:
    """Find the directory and read it, if it keeps to the limits.

    :raises ZipError: `zip_not_a_zip`, `zip_truncated`, `zip_trailing_data`, `zip_ambiguous`, `zip_multi_disk`,
        `zip_zip64_invalid`, `zip_count_mismatch`, `zip_directory_damaged`, `zip_too_many_entries`,
        `zip_directory_too_large`.
    """
    if source.size < EndRecord.STRUCT.size:
        raise _not_a_zip()
    tail_start = max(source.size - TAIL_SIZE, 0)
    tail = read_bytes(source, tail_start, source.size)
    position = _find_end(tail, source)
    place = _read_end(source, tail, position, tail_start)
    _check_place(place, limits)
    if place.offset >= tail_start:
        start = place.offset - tail_start
        data = tail[start : start + place.size]
    else:
        data = read_bytes(source, place.offset, place.end)
    return CentralDirectory(entry_count=place.entries, offset=place.offset, data=data)


def _find_end(tail: bytes, source: RangeSource) -> int:
    """Position of the one end record whose comment ends where the archive does."""
    size = len(tail)
    first = max(size - EndRecord.STRUCT.size - COMMENT_LIMIT, 0)
    found = [
        position
        for position in _occurrences(tail, END_SIGNATURE, first)
        if position + EndRecord.STRUCT.size <= size
    ]
    ends = {
        position: position + EndRecord.STRUCT.size + EndRecord.parse(tail, position).comment_size
        for position in found
    }
    fitting = [position for position, end in ends.items() if end == size]
    if len(fitting) == 1:
        comment = tail[fitting[0] + EndRecord.STRUCT.size :]
        if any(signature in comment for signature in SIGNATURES):
            raise _ambiguous()
        return fitting[0]
    if fitting:
        raise _ambiguous()
    if ends and max(ends.values()) < size:
        raise ZipError(
            "zip_trailing_data",
            "There is something behind the end of the archive. Make it again, or download it once more.",
        )
    if ends or read_bytes(source, 0, len(LOCAL_SIGNATURE)) == LOCAL_SIGNATURE:
        raise ZipError("zip_truncated", "The end of the archive is missing. Download or upload it again.")
    raise _not_a_zip()


def _read_end(source: RangeSource, tail: bytes, position: int, tail_start: int) -> _Place:
    end = EndRecord.parse(tail, position)
    locator_position = position - Locator64.STRUCT.size
    locator = Locator64.parse(tail, locator_position) if locator_position >= 0 else None
    if locator is None:
        if SENTINEL16 in (end.entries, end.disk_entries, end.disk, end.directory_disk) or SENTINEL32 in (
            end.directory_size,
            end.directory_offset,
        ):
            raise zip64_error(None)
        if end.disk or end.directory_disk:
            raise _multi_disk()
        if end.disk_entries != end.entries:
            raise _count_mismatch()
        return _Place(
            entries=end.entries,
            offset=end.directory_offset,
            size=end.directory_size,
            end=tail_start + position,
        )
    # Windows Explorer and OneDrive count no disk where there is one.
    if locator.end64_disk or locator.disks > 1:
        raise _multi_disk()
    if locator.end64_offset + End64Record.STRUCT.size != tail_start + locator_position:
        raise zip64_error(None)
    end64 = _read_end64(source, locator.end64_offset)
    for told, limit, true in (
        (end.disk, SENTINEL16, end64.disk),
        (end.directory_disk, SENTINEL16, end64.directory_disk),
        (end.disk_entries, SENTINEL16, end64.disk_entries),
        (end.entries, SENTINEL16, end64.entries),
        (end.directory_size, SENTINEL32, end64.directory_size),
        (end.directory_offset, SENTINEL32, end64.directory_offset),
    ):
        # Some programs always write the sentinels, some only where they must.
        if told not in (limit, true):
            raise zip64_error(None)
    return _Place(
        entries=end64.entries,
        offset=end64.directory_offset,
        size=end64.directory_size,
        end=locator.end64_offset,
    )


def _read_end64(source: RangeSource, offset: int) -> End64Record:
    end64 = End64Record.parse(read_bytes(source, offset, offset + End64Record.STRUCT.size))
    if end64 is None or end64.record_size != End64Record.RECORD_SIZE:
        raise zip64_error(None)
    if end64.disk or end64.directory_disk:
        raise _multi_disk()
    if end64.disk_entries != end64.entries:
        raise _count_mismatch()
    return end64


def _check_place(place: _Place, limits: ArchiveLimits) -> None:
    if place.offset + place.size != place.end:
        raise ZipError(
            "zip_directory_damaged",
            "The archive's table of contents is not where it should be: something was put before or into the"
            " archive, or it is damaged. Make it again, or download it once more.",
        )
    if place.entries > limits.max_entries:
        raise ZipError(
            "zip_too_many_entries",
            f"The archive holds {place.entries:,} files; {limits.max_entries:,} are allowed. Split it.",
        )
    if place.size > limits.max_central_size:
        raise ZipError(
            "zip_directory_too_large",
            f"The archive's table of contents has {place.size:,} bytes; {limits.max_central_size:,} are"
            " allowed. Split the archive.",
        )
    if place.entries * CentralHeader.STRUCT.size > place.size:
        raise _count_mismatch()


def _occurrences(data: bytes, wanted: bytes, start: int) -> list[int]:
    found = []
    position = data.find(wanted, start)
    while position >= 0:
        found.append(position)
        position = data.find(wanted, position + 1)
    return found


def _not_a_zip() -> ZipError:
    return ZipError("zip_not_a_zip", "This is not a ZIP archive. Choose a file that was exported as a ZIP.")


def _ambiguous() -> ZipError:
    return ZipError(
        "zip_ambiguous", "The archive could be read in two ways. Make it again, without a comment."
    )


def _multi_disk() -> ZipError:
    return ZipError("zip_multi_disk", "This is one part of a split archive. Join it, then upload the whole.")


def _count_mismatch() -> ZipError:
    return ZipError(
        "zip_count_mismatch",
        "The archive miscounts its files. Make it again, with ZIP64 if there are more than 65,535.",
    )
