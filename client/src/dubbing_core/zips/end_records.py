"""End records of an archive: locate the central directory, if unambiguous."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing_core.sentences import Number, sentence
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.extra_fields import zip64_error
from dubbing_core.zips.limits import ArchiveLimits
from dubbing_core.zips.records import (
    END_SIGNATURE,
    LOCAL_SIGNATURE,
    SENTINEL16,
    SENTINEL32,
    SIGNATURES,
    SPLIT_SIGNATURE,
    CentralHeader,
    End64Record,
    EndRecord,
    Locator64,
)
from dubbing_core.zips.source import RangeSource, read_bytes
from dubbing_core.zips.split_archives import part_error

TAIL_SIZE = 1024 * 1024
"""Bytes read first: the end records, and in most archives the whole directory."""
COMMENT_LIMIT = 0xFFFF  # 4.4.12


@dataclass(frozen=True, kw_only=True, slots=True)
class CentralDirectory:
    """Central directory, not yet parsed."""

    entry_count: int
    offset: int
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class _Location:
    """Location of the directory as declared by the end records."""

    entries: int
    offset: int
    size: int
    end: int
    """Offset of the end records."""


def read_central_directory(source: RangeSource, limits: ArchiveLimits) -> CentralDirectory:
    """Locate and read the directory, if it is within the limits.

    :raises ZipError: `zip_not_a_zip`, `zip_truncated`, `zip_trailing_data`, `zip_ambiguous`, `zip_multi_disk`,
        `zip_zip64_invalid`, `zip_count_mismatch`, `zip_directory_damaged`, `zip_too_many_entries`,
        `zip_directory_too_large`.
    """
    if source.size < EndRecord.STRUCT.size:
        raise _not_a_zip_error()
    tail_start = max(source.size - TAIL_SIZE, 0)
    tail = read_bytes(source, tail_start, source.size)
    position = _find_end(tail, source)
    location = _read_location(source, tail, position, tail_start)
    _check_location(location, limits)
    if location.offset >= tail_start:
        start = location.offset - tail_start
        data = tail[start : start + location.size]
    else:
        data = read_bytes(source, location.offset, location.end)
    return CentralDirectory(entry_count=location.entries, offset=location.offset, data=data)


def _find_end(tail: bytes, source: RangeSource) -> int:
    """Return the position of the only end record whose comment ends the archive."""
    size = len(tail)
    first = max(size - EndRecord.STRUCT.size - COMMENT_LIMIT, 0)
    positions = [
        position
        for position in _find_all(tail, END_SIGNATURE, first)
        if position + EndRecord.STRUCT.size <= size
    ]
    ends = {
        position: position + EndRecord.STRUCT.size + EndRecord.parse(tail, position).comment_size
        for position in positions
    }
    matching = [position for position, end in ends.items() if end == size]
    if len(matching) == 1:
        comment = tail[matching[0] + EndRecord.STRUCT.size :]
        if any(signature in comment for signature in SIGNATURES):
            raise _ambiguous_error()
        return matching[0]
    if matching:
        raise _ambiguous_error()
    if ends and max(ends.values()) < size:
        raise ZipError(
            "zip_trailing_data",
            sentence("The archive ends with foreign data. Download it again, or create it again."),
        )
    start = read_bytes(source, 0, len(SPLIT_SIGNATURE + LOCAL_SIGNATURE))
    if start == SPLIT_SIGNATURE + LOCAL_SIGNATURE:
        raise part_error(1)
    if ends or start.startswith(LOCAL_SIGNATURE):
        raise ZipError(
            "zip_truncated",
            sentence(
                "The end of the archive is missing. Download or upload it again. If it is part 1 of a "
                "split archive, join the parts first."
            ),
        )
    raise _not_a_zip_error()


def _read_location(source: RangeSource, tail: bytes, position: int, tail_start: int) -> _Location:
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
            raise _multi_disk_error(end.disk)
        if end.disk_entries != end.entries:
            raise _count_error()
        return _Location(
            entries=end.entries,
            offset=end.directory_offset,
            size=end.directory_size,
            end=tail_start + position,
        )
    # Windows Explorer and OneDrive write 0 disks instead of 1.
    if locator.end64_disk or locator.disks > 1:
        raise _multi_disk_error()
    if locator.end64_offset + End64Record.STRUCT.size != tail_start + locator_position:
        raise zip64_error(None)
    end64 = _read_end64(source, locator.end64_offset)
    for declared, sentinel, actual in (
        (end.disk, SENTINEL16, end64.disk),
        (end.directory_disk, SENTINEL16, end64.directory_disk),
        (end.disk_entries, SENTINEL16, end64.disk_entries),
        (end.entries, SENTINEL16, end64.entries),
        (end.directory_size, SENTINEL32, end64.directory_size),
        (end.directory_offset, SENTINEL32, end64.directory_offset),
    ):
        # Some programs always write the sentinels, others only where required.
        if declared not in (sentinel, actual):
            raise zip64_error(None)
    return _Location(
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
        raise _multi_disk_error(end64.disk)
    if end64.disk_entries != end64.entries:
        raise _count_error()
    return end64


def _check_location(location: _Location, limits: ArchiveLimits) -> None:
    if location.offset + location.size != location.end:
        raise ZipError(
            "zip_directory_damaged",
            sentence(
                "The archive's table of contents is not at its declared position: the archive is damaged, "
                "or contains foreign data. Download it again, or create it again."
            ),
        )
    if location.entries > limits.max_entries:
        raise ZipError(
            "zip_too_many_entries",
            sentence(
                "The archive contains %(entries)s files; %(max_entries)s are allowed. Split it.",
                entries=Number(location.entries),
                max_entries=Number(limits.max_entries),
            ),
        )
    if location.size > limits.max_central_size:
        raise ZipError(
            "zip_directory_too_large",
            sentence(
                "The archive's table of contents has %(size)s bytes; %(max_central_size)s are allowed. "
                "Split the archive.",
                size=Number(location.size),
                max_central_size=Number(limits.max_central_size),
            ),
        )
    if location.entries * CentralHeader.STRUCT.size > location.size:
        raise _count_error()


def _find_all(data: bytes, pattern: bytes, start: int) -> list[int]:
    positions = []
    position = data.find(pattern, start)
    while position >= 0:
        positions.append(position)
        position = data.find(pattern, position + 1)
    return positions


def _not_a_zip_error() -> ZipError:
    return ZipError(
        "zip_not_a_zip", sentence("This is not a ZIP archive. Choose a file that was exported as a ZIP.")
    )


def _ambiguous_error() -> ZipError:
    return ZipError("zip_ambiguous", sentence("The archive is ambiguous. Create it again without a comment."))


def _multi_disk_error(disk: int = 0) -> ZipError:
    return part_error(disk + 1 if disk else None)


def _count_error() -> ZipError:
    return ZipError(
        "zip_count_mismatch",
        sentence(
            "The archive does not contain its declared number of files. Create it again, with ZIP64 "
            "for more than 65,535."
        ),
    )
