"""Reader for untrusted ZIP archives (docs/decisions/0011-zip-reader.md).

`read_archive` checks the structure before anything is inflated, `Archive.open` the contents while inflating:

 1. there is exactly one end record, and its comment ends at the end of the archive;
 2. the archive contains no bytes outside the members and records, and members do not overlap;
 3. counts, sizes and offsets agree, in 16, 32 and 64 bits;
 4. ZIP64 values exist where a sentinel requires them; others equal those of the header;
 5. local headers and data descriptors agree with the central directory;
 6. members are stored or deflated, not encrypted, on one disk;
 7. contents have the declared size and CRC-32, without trailing data;
 8. names are UTF-8 and valid on every system, or so in the reading that a person has confirmed;
 9. names do not collide on any system;
10. there are no links or special files;
11. extra fields are well-formed, and none that changes a name or size is repeated;
12. limits are checked on declared values before reading, and on actual values while reading;
13. archives in the archive are ordinary files, and none of them is the archive itself;
14. files that operating systems add are recognized (`Archive.files`).

Every error of an archive is a `ZipError`; errors of the source are not caught. The caller must not use names as paths,
and must discard stored contents after an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from dubbing_core import codec
from dubbing_core.paths import escape_for_message, is_junk
from dubbing_core.sentences import sentence
from dubbing_core.zips.central_directory import CentralEntry, pair_with_ends, read_entries
from dubbing_core.zips.end_records import read_central_directory
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.inflate import unpack_member
from dubbing_core.zips.limits import ArchiveLimits
from dubbing_core.zips.local_headers import locate_data
from dubbing_core.zips.name_encodings import NameReading
from dubbing_core.zips.records import STORED
from dubbing_core.zips.source import RangeSource, read_bytes, read_range

__all__ = [
    "SEEK_COST",
    "Archive",
    "ArchiveLimits",
    "ArchiveMember",
    "NameReading",
    "RangeSource",
    "ZipError",
    "read_archive",
]

SEEK_COST = 256 * 1024
"""Bytes that an object store transfers in about the time of another request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveMember:
    """A file or folder in an archive."""

    name: str
    """Safe (`dubbing_core.paths`); a folder's name ends with a slash."""
    size: int
    """In bytes, unpacked."""
    compressed_size: int
    crc32: int
    method: int
    """Compression method (APPNOTE.TXT 4.4.5): 0 stored, 8 deflated."""
    data_start: int
    """Offset of the `compressed_size` bytes of data in the archive."""
    modified: datetime | None
    """DOS time, read as UTC; None if it is not a valid date."""
    unix_time: int | None
    """Modification time in seconds since 1970, where the archive has it in UTC."""
    is_executable: bool

    @property
    def data_end(self) -> int:
        return self.data_start + self.compressed_size

    @property
    def is_directory(self) -> bool:
        return self.name.endswith("/")

    @property
    def is_stored(self) -> bool:
        """Whether the data equals the contents, so that a store can copy the range."""
        return self.method == STORED


@dataclass(frozen=True)
class Archive:
    """Archive with a valid structure. Safe for concurrent reads."""

    source: RangeSource
    members: tuple[ArchiveMember, ...]
    """In the order of the central directory."""

    @cached_property
    def total_size(self) -> int:
        """Total bytes of all members when unpacked."""
        return sum(member.size for member in self.members)

    @cached_property
    def files(self) -> tuple[ArchiveMember, ...]:
        """All members except folders and files that operating systems add."""
        return tuple(
            member for member in self.members if not member.is_directory and not is_junk(member.name)
        )

    def require_files(self) -> None:
        """Refuse an archive without files.

        :raises ZipError: `zip_empty`.
        """
        if not self.files:
            raise ZipError("zip_empty", sentence("The archive contains no files. Choose another one."))

    def open(self, member: ArchiveMember) -> Generator[bytes]:
        """Yield the contents of a member.

        :raises ZipError: `zip_size_mismatch`, `zip_crc_mismatch`, `zip_data_damaged`, `zip_data_left_over` or
            `zip_truncated`, at the latest after the last chunk: contents are valid only when the iterator has ended.
        """
        return _unpack(member, read_range(self.source, member.data_start, member.data_end))

    def read_start(self, member: ArchiveMember, limit: int) -> bytes:
        """Return the start of a member's contents, up to its first damage.

        :param limit: bytes after which to stop; the last chunk may exceed it.
        """
        data = bytearray()
        with contextlib.suppress(ZipError):
            for chunk in self.open(member):
                data += chunk
                if len(data) >= limit:
                    break
        return bytes(data)

    def open_many(self, members: Sequence[ArchiveMember]) -> Iterator[Iterator[bytes]]:
        """Read several members in one range; yield the contents of each, as `open` does.

        :param members: sorted by `data_start`; the range from the first to the last is read into memory.
        """
        start = members[0].data_start
        data = read_bytes(self.source, start, members[-1].data_end)
        for member in members:
            yield _unpack(member, [data[member.data_start - start : member.data_end - start]])


def _unpack(member: ArchiveMember, data: Iterable[bytes]) -> Generator[bytes]:
    return unpack_member(
        data,
        method=member.method,
        size=member.size,
        crc32=member.crc32,
        member=escape_for_message(member.name),
    )


def read_archive(
    source: RangeSource,
    limits: ArchiveLimits,
    *,
    seek_cost: int = SEEK_COST,
    reading: NameReading | None = None,
) -> Archive:
    """Read the members of an archive, with all checks that need no inflating.

    :param seek_cost: bytes that are cheaper to read than another request; close to 0 for a file.
    :param reading: of names that are not UTF-8 with slashes (`list_name_readings`); None refuses them.
    :raises ZipError: the archive breaks a rule or a limit.
    """
    directory = read_central_directory(source, limits)
    entries = read_entries(directory, limits, reading=reading)
    bounded = list(pair_with_ends(sorted(entries, key=lambda entry: entry.offset), directory.offset))
    starts = locate_data(source, bounded, seek_cost=seek_cost)
    start_of = {entry.offset: start for (entry, _), start in zip(bounded, starts, strict=True)}
    members = tuple(_build_member(entry, start_of[entry.offset]) for entry in entries)
    _refuse_quine(source, members)
    return Archive(source=source, members=members)


def _build_member(entry: CentralEntry, data_start: int) -> ArchiveMember:
    return ArchiveMember(
        name=entry.name,
        size=entry.size,
        compressed_size=entry.compressed_size,
        crc32=entry.crc32,
        method=entry.method,
        data_start=data_start,
        modified=entry.modified,
        unix_time=entry.unix_time,
        is_executable=entry.is_executable,
    )


def _refuse_quine(source: RangeSource, members: Sequence[ArchiveMember]) -> None:
    """Refuse an archive that contains itself: recursive unpacking would never end.

    Only a member of exactly the archive's size can be the archive, so this rarely reads anything.
    """
    candidates = [member for member in members if member.size == source.size]
    if not candidates:
        return
    crc32 = 0
    for chunk in read_range(source, 0, source.size):
        crc32 = codec.crc32(chunk, crc32)
    for member in candidates:
        if member.crc32 == crc32:
            raise ZipError(
                "zip_quine",
                sentence("The archive contains itself. Create it again from the files to upload."),
                member=escape_for_message(member.name),
            )
