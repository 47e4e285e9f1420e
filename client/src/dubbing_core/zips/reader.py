"""Reads archives that others made, and trusts nothing in them.

`read_archive` checks the structure before anything is inflated, `Archive.open` the contents while inflating:

 1. there is exactly one end record, and its comment ends where the archive does;
 2. nothing lies before, behind, between or over the members;
 3. counts, sizes and offsets agree, in 16, 32 and 64 bits;
 4. ZIP64 fields are there where a sentinel asks for them, and there only;
 5. local headers and data descriptors tell what the central directory tells;
 6. members are stored or deflated, not encrypted, on one disk;
 7. contents have the declared size and CRC-32, and nothing is left over;
 8. names are UTF-8 and legal on every system, 9. and can lie side by side;
10. there are no links or special files;
11. extra fields are well-formed;
12. limits hold for what is declared before it is read, and for what is read;
13. archives in the archive are files like any other, except the archive itself;
14. what operating systems leave behind is told apart (`Archive.files`).

That names never become paths, and that a failure leaves nothing behind, is up to who stores the contents. Whatever is wrong
with an archive is a `ZipError`; what the source raises passes through.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from dubbing_core import codec
from dubbing_core.paths import escape_for_message
from dubbing_core.zips.central_directory import CentralEntry, pair_with_ends, read_entries
from dubbing_core.zips.end_records import read_central_directory
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.inflate import unpack_member
from dubbing_core.zips.limits import ArchiveLimits
from dubbing_core.zips.local_headers import locate_data
from dubbing_core.zips.member_names import is_junk
from dubbing_core.zips.records import STORED
from dubbing_core.zips.source import RangeSource, read_bytes, read_range

__all__ = [
    "SEEK_COST",
    "Archive",
    "ArchiveLimits",
    "ArchiveMember",
    "RangeSource",
    "ZipError",
    "read_archive",
]

SEEK_COST = 256 * 1024
"""Bytes that an object store sends in about the time that another request takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveMember:
    name: str
    """Safe (`domain.paths`); a folder's ends in a slash."""
    size: int
    """In bytes, unpacked."""
    compressed_size: int
    crc32: int
    method: int
    """APPNOTE 4.4.5: 0 stored, 8 deflated."""
    data_start: int
    """Of the `compressed_size` bytes of data, from the start of the archive."""
    modified: datetime | None
    """DOS time taken for UTC; None where it is no date."""

    @property
    def data_end(self) -> int:
        return self.data_start + self.compressed_size

    @property
    def is_directory(self) -> bool:
        return self.name.endswith("/")

    @property
    def is_stored(self) -> bool:
        """Whether the data are the contents, so that a store may copy the range."""
        return self.method == STORED


@dataclass(frozen=True)
class Archive:
    """An archive whose structure is sound. Several threads may open members at once."""

    source: RangeSource
    members: tuple[ArchiveMember, ...]
    """In the order of the central directory."""

    @cached_property
    def total_size(self) -> int:
        """Bytes of all members, unpacked."""
        return sum(member.size for member in self.members)

    @cached_property
    def files(self) -> tuple[ArchiveMember, ...]:
        """The members that somebody meant to send: no folders, nothing that an operating system left behind."""
        return tuple(
            member for member in self.members if not member.is_directory and not is_junk(member.name)
        )

    def require_files(self) -> None:
        """Refuse an archive that holds no file.

        :raises ZipError: `zip_empty`.
        """
        if not self.files:
            raise ZipError("zip_empty", "The archive holds no files. Choose another one.")

    def open(self, member: ArchiveMember) -> Generator[bytes]:
        """Yield the contents of a member.

        :raises ZipError: `zip_size_mismatch`, `zip_crc_mismatch`, `zip_data_damaged`, `zip_data_left_over`, `zip_truncated`:
            at the latest after the last chunk, so that no contents count before the iterator has ended.
        """
        return _contents(member, read_range(self.source, member.data_start, member.data_end))

    def open_many(self, members: Sequence[ArchiveMember]) -> Iterator[Iterator[bytes]]:
        """Read several members in one range, and yield the contents of each in turn, as `open` does.

        :param members: in the order of their data; all that lies between the first and the last is held in memory.
        """
        start = members[0].data_start
        data = read_bytes(self.source, start, members[-1].data_end)
        for member in members:
            yield _contents(member, [data[member.data_start - start : member.data_end - start]])


def _contents(member: ArchiveMember, data: Iterable[bytes]) -> Generator[bytes]:
    return unpack_member(
        data,
        method=member.method,
        size=member.size,
        crc32=member.crc32,
        member=escape_for_message(member.name),
    )


def read_archive(source: RangeSource, limits: ArchiveLimits, *, seek_cost: int = SEEK_COST) -> Archive:
    """Read what an archive holds and check all that can be checked without inflating a byte.

    :param seek_cost: how many bytes it is worth to read in order to save a request; next to nothing for a file.
    :raises ZipError: the archive breaks a rule or a limit.
    """
    directory = read_central_directory(source, limits)
    entries = read_entries(directory, limits)
    placed = list(pair_with_ends(sorted(entries, key=lambda entry: entry.offset), directory.offset))
    starts = locate_data(source, placed, seek_cost=seek_cost)
    start_of = {entry.offset: start for (entry, _), start in zip(placed, starts, strict=True)}
    members = tuple(_member(entry, start_of[entry.offset]) for entry in entries)
    _refuse_quine(source, members)
    return Archive(source=source, members=members)


def _member(entry: CentralEntry, data_start: int) -> ArchiveMember:
    return ArchiveMember(
        name=entry.name,
        size=entry.size,
        compressed_size=entry.compressed_size,
        crc32=entry.crc32,
        method=entry.method,
        data_start=data_start,
        modified=entry.modified,
    )


def _refuse_quine(source: RangeSource, members: Sequence[ArchiveMember]) -> None:
    """Refuse an archive that holds itself, so that whoever unpacks what is inside of what is inside never ends.

    Only a member of exactly the archive's size can be the archive, so that hardly ever anything is read for it.
    """
    twins = [member for member in members if member.size == source.size]
    if not twins:
        return
    crc32 = 0
    for chunk in read_range(source, 0, source.size):
        crc32 = codec.crc32(chunk, crc32)
    for member in twins:
        if member.crc32 == crc32:
            raise ZipError(
                "zip_quine",
                "The archive contains itself, without end. Make it again from the files you mean.",
                member=escape_for_message(member.name),
            )
