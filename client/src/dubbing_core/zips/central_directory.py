"""Entries of the central directory, with all checks that need nothing else."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from dubbing_core.sentences import Number, sentence
from dubbing_core.zips.end_records import CentralDirectory
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.extra_fields import (
    parse_extra_fields,
    parse_unicode_path,
    parse_unix_time,
    parse_zip64_field,
    zip64_error,
)
from dubbing_core.zips.limits import ArchiveLimits
from dubbing_core.zips.member_names import check_member_names, decode_member_name, escape_raw_name
from dubbing_core.zips.name_encodings import NameReading
from dubbing_core.zips.records import (
    DEFLATED,
    EXTRA_LIMIT,
    FLAG_DESCRIPTOR,
    FLAG_ENCRYPTED,
    FLAG_MASKED,
    FLAG_PATCHED,
    FLAG_STRONG_ENCRYPTION,
    FLAG_UTF8,
    HOST_DARWIN,
    HOST_UNIX,
    MODE_SHIFT,
    SENTINEL16,
    SENTINEL32,
    SIGNATURES,
    STORED,
    CentralHeader,
    LocalHeader,
    from_dos_timestamp,
)
from dubbing_core.zips.split_archives import part_error

DESCRIPTOR_SIZES = (12, 16, 20, 24)  # 4.3.9: sizes of 4 or 8 bytes, with or without signature
DEFLATE_RATIO = 1032
"""Largest ratio that DEFLATE can reach (RFC 1951: 258 bytes from two bits): a bound of the format, not a heuristic."""
EMPTY_DEFLATED_LIMIT = 16
"""In bytes; some programs deflate the empty contents of a folder."""
OFFSET_LIMIT = 1 << 63


@dataclass(frozen=True, kw_only=True, slots=True)
class CentralEntry:
    """Member as declared in the central directory."""

    name: str
    raw: bytes
    """The name as stored in the header."""
    stored_name: bytes
    """The name as stored in the Unicode Path field, or else in the header."""
    flags: int
    method: int
    crc32: int
    size: int
    compressed_size: int
    offset: int
    modified: datetime | None
    unix_time: int | None
    """Modification time in seconds since 1970, where the member has it in UTC."""
    is_executable: bool

    @property
    def is_directory(self) -> bool:
        return self.name.endswith("/")

    @property
    def has_descriptor(self) -> bool:
        return bool(self.flags & FLAG_DESCRIPTOR)

    @property
    def min_end(self) -> int:
        """End of the member if its local header has no extra fields."""
        descriptor = DESCRIPTOR_SIZES[0] if self.has_descriptor else 0
        return self.offset + LocalHeader.STRUCT.size + len(self.raw) + self.compressed_size + descriptor


def read_entries(
    directory: CentralDirectory, limits: ArchiveLimits, *, reading: NameReading | None = None
) -> list[CentralEntry]:
    """Parse and check all entries.

    :param reading: of names that are not UTF-8 with slashes; None refuses them.

    :raises ZipError: an entry is damaged, unsafe, unsupported or beyond the limits, or members overlap or leave gaps.
    """
    entries: list[CentralEntry] = []
    total = 0
    for header, raw, extra, comment in _iter_headers(directory):
        entry = _build_entry(header, raw, extra, comment, limits=limits, reading=reading)
        total += entry.size
        if total > limits.max_total_size:
            raise ZipError(
                "zip_too_large",
                sentence(
                    "The unpacked archive is larger than the %(max_total_size)s bytes allowed. Free some "
                    "space, or split the archive.",
                    max_total_size=Number(limits.max_total_size),
                ),
            )
        entries.append(entry)
    _check_offsets(entries, directory.offset)
    check_member_names(entry.name for entry in entries)
    return entries


def _iter_headers(directory: CentralDirectory) -> Iterator[tuple[CentralHeader, bytes, bytes, bytes]]:
    data = directory.data
    position = 0
    for _ in range(directory.entry_count):
        start = position + CentralHeader.STRUCT.size
        header = CentralHeader.parse(data, position) if start <= len(data) else None
        if header is None:
            raise _damaged_error()
        name_end = start + header.name_size
        extra_end = name_end + header.extra_size
        position = extra_end + header.comment_size
        if position > len(data):
            raise _damaged_error()
        yield header, data[start:name_end], data[name_end:extra_end], data[extra_end:position]
    if position != len(data):
        raise ZipError(
            "zip_count_mismatch",
            sentence(
                "The archive contains more files than its end record declares. Create the archive again."
            ),
        )


def _build_entry(
    header: CentralHeader,
    raw: bytes,
    extra: bytes,
    comment: bytes,
    *,
    limits: ArchiveLimits,
    reading: NameReading | None,
) -> CentralEntry:
    label = escape_raw_name(raw)
    if len(raw) > limits.max_name_bytes:
        raise ZipError(
            "zip_name_too_long",
            sentence(
                "The archive contains a name longer than %(max_name_bytes)s bytes. Shorten its folders.",
                max_name_bytes=limits.max_name_bytes,
            ),
            member=label,
        )
    if raw.count(b"/") > limits.max_depth:
        raise ZipError(
            "zip_name_too_deep",
            sentence(
                "The archive contains more than %(max_depth)s nested folders. Create it again with fewer.",
                max_depth=limits.max_depth,
            ),
            member=label,
        )
    if comment and any(signature in comment for signature in SIGNATURES):
        raise ZipError(
            "zip_ambiguous",
            sentence("The archive is ambiguous. Create it again without comments."),
            member=label,
        )
    _check_method(header, label)
    fields = parse_extra_fields(extra, member=label)
    path = parse_unicode_path(fields, raw, member=label)
    size, compressed_size, offset = _resolve_large_values(header, fields, label)
    entry = CentralEntry(
        name=decode_member_name(raw, utf8=bool(header.flags & FLAG_UTF8), unicode_path=path, reading=reading),
        raw=raw,
        stored_name=raw if path is None else path.encode(),
        flags=header.flags,
        method=header.method,
        crc32=header.crc32,
        size=size,
        compressed_size=compressed_size,
        offset=offset,
        modified=from_dos_timestamp(header.dos_time, header.dos_date),
        unix_time=parse_unix_time(fields),
        is_executable=_is_executable(header),
    )
    _check_mode(header, entry, label)
    _check_sizes(entry, label)
    return entry


def _check_method(header: CentralHeader, label: str) -> None:
    if header.flags & (FLAG_ENCRYPTED | FLAG_STRONG_ENCRYPTION | FLAG_MASKED):
        raise ZipError(
            "zip_encrypted",
            sentence("The archive is protected by a password. Create it again without one."),
            member=label,
        )
    if header.flags & FLAG_PATCHED or header.method not in (STORED, DEFLATED):
        raise ZipError(
            "zip_method_unsupported",
            sentence("The archive uses an unsupported compression method. Create it again with Deflate."),
            member=label,
        )


def _is_executable(header: CentralHeader) -> bool:
    mode = header.external_attributes >> MODE_SHIFT
    return header.version_made_by >> 8 in {HOST_UNIX, HOST_DARWIN} and bool(mode & stat.S_IXUSR)


def _check_mode(header: CentralHeader, entry: CentralEntry, label: str) -> None:
    kind = stat.S_IFMT(header.external_attributes >> MODE_SHIFT)
    if kind == stat.S_IFLNK:
        raise ZipError(
            "zip_symlink",
            sentence("The archive contains a symbolic link. Create it again with the file itself."),
            member=label,
        )
    # Only Unix hosts store the mode in these bits.
    if header.version_made_by >> 8 not in (HOST_UNIX, HOST_DARWIN):
        return
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (kind == stat.S_IFDIR and not entry.is_directory):
        raise ZipError(
            "zip_special_file",
            sentence(
                "The archive contains a member that is neither a file nor a folder. Create it again "
                "without it."
            ),
            member=label,
        )


def _resolve_large_values(
    header: CentralHeader, fields: dict[int, bytes], label: str
) -> tuple[int, int, int]:
    """Return size, compressed size and offset.

    4.5.3: the ZIP64 field contains the values for which the header has the sentinel, in this order. Some programs append
    the others, which must equal the header's then.
    """
    declared = (header.size, header.compressed_size, header.offset)
    values, disk = parse_zip64_field(fields, member=label)
    required = [at for at, value in enumerate(declared) if value == SENTINEL32]
    redundant = [at for at, value in enumerate(declared) if value != SENTINEL32]
    requires_disk = header.disk == SENTINEL16
    # The disk number follows the required values, so it could be read from a redundant one.
    if len(values) < len(required) or (requires_disk and (disk is None or len(values) > len(required))):
        raise zip64_error(label)
    resolved = dict(enumerate(declared)) | dict(zip(required, values, strict=False))
    size, compressed_size, offset = (resolved[at] for at in range(len(declared)))
    is_consistent = all(
        declared[at] == value for at, value in zip(redundant, values[len(required) :], strict=False)
    )
    if not is_consistent or (disk is not None and not requires_disk and disk != header.disk):
        raise zip64_error(label)
    if offset >= OFFSET_LIMIT or max(size, compressed_size) >= OFFSET_LIMIT:
        raise zip64_error(label)
    if disk if requires_disk else header.disk:
        raise part_error(None)
    return size, compressed_size, offset


def _check_sizes(entry: CentralEntry, label: str) -> None:
    if entry.is_directory and (
        entry.size or entry.compressed_size > (EMPTY_DEFLATED_LIMIT if entry.method == DEFLATED else 0)
    ):
        raise ZipError(
            "zip_directory_with_data", sentence("The archive contains a folder with data. Create the archive again."),
            member=label,
        )  # fmt: skip
    if entry.method == STORED:
        possible = entry.size == entry.compressed_size
    else:
        possible = entry.size <= entry.compressed_size * DEFLATE_RATIO
    if not possible:
        raise ZipError(
            "zip_size_mismatch",
            sentence("A file in the archive cannot have its declared size. Create the archive again."),
            member=label,
        )
    if not entry.size and entry.crc32:
        raise ZipError(
            "zip_crc_mismatch",
            sentence("A file in the archive is damaged. Download the archive again, or create it again."),
            member=label,
        )


def _check_offsets(entries: Sequence[CentralEntry], directory_offset: int) -> None:
    """Refuse members that overlap or leave larger gaps than their records can fill."""
    ordered = sorted(entries, key=lambda entry: entry.offset)
    if (ordered[0].offset if ordered else directory_offset) != 0:
        raise ZipError(
            "zip_prefix", sentence("The archive starts with foreign data. Create it again as a plain ZIP.")
        )
    for entry, end in pair_with_ends(ordered, directory_offset):
        if entry.min_end > end:
            raise overlap_error(escape_raw_name(entry.raw))
        if entry.min_end + EXTRA_LIMIT + DESCRIPTOR_SIZES[-1] < end:
            raise gap_error(escape_raw_name(entry.raw))


def pair_with_ends(
    ordered: Sequence[CentralEntry], directory_offset: int
) -> Iterator[tuple[CentralEntry, int]]:
    """Yield each entry with the offset of the next one, or of the directory."""
    for entry, following in pairwise(ordered):
        yield entry, following.offset
    if ordered:
        yield ordered[-1], directory_offset


def overlap_error(label: str) -> ZipError:
    return ZipError(
        "zip_overlap", sentence("Files in the archive overlap. Create the archive again."), member=label
    )


def gap_error(label: str) -> ZipError:
    return ZipError(
        "zip_gap",
        sentence(
            "The archive contains data that its table of contents does not list. Create the archive again."
        ),
        member=label,
    )


def _damaged_error() -> ZipError:
    return ZipError(
        "zip_directory_damaged",
        sentence(
            "The archive's table of contents is damaged. Download the archive again, or create it again."
        ),
    )
