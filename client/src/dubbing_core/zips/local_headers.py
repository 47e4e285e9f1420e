"""Local headers and data descriptors, which must agree with the central directory."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

from dubbing_core.concurrency import run_in_threads
from dubbing_core.sentences import sentence
from dubbing_core.zips.central_directory import DESCRIPTOR_SIZES, CentralEntry, gap_error, overlap_error
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.extra_fields import (
    parse_extra_fields,
    parse_unicode_path,
    parse_zip64_field,
    zip64_error,
)
from dubbing_core.zips.inflate import unpack_member
from dubbing_core.zips.member_names import escape_raw_name
from dubbing_core.zips.records import DESCRIPTOR_SIGNATURE, SENTINEL32, LocalHeader
from dubbing_core.zips.source import RangeSource, read_range

GROUP_SIZE = 4 * 1024 * 1024
"""Bytes of headers in memory at once."""
READERS = 8
"""Concurrent requests."""

BoundedEntry = tuple[CentralEntry, int]
"""An entry with the offset of the next one, or of the directory."""
Window = tuple[int, int]
"""A half-open range of the archive."""


def locate_data(source: RangeSource, entries: Sequence[BoundedEntry], *, seek_cost: int) -> list[int]:
    """Check all local headers and descriptors; return the offsets of the data.

    Headers near each other are fetched in one request, and several requests run concurrently.

    :param entries: sorted by offset.
    :param seek_cost: bytes that are cheaper to read than another request.
    :raises ZipError: `zip_header_mismatch`, `zip_descriptor_invalid`, `zip_gap`, `zip_overlap`, `zip_extra_invalid`,
        `zip_zip64_invalid`, `zip_directory_with_data`, `zip_truncated`.
    """
    starts: list[int] = []
    for group in _group_entries(entries):
        windows = _merge_windows(chain.from_iterable(_iter_windows(entry, end) for entry, end in group))
        requests = _group_into_requests(windows, seek_cost)
        data = run_in_threads(partial(_fetch_windows, source), requests, threads=READERS, name="zip-headers")
        buffers = _Buffers(windows, chain.from_iterable(data))
        starts += [_check_member(entry, end, buffers) for entry, end in group]
    return starts


class _Buffers:
    """Ranges of the archive in memory."""

    def __init__(self, windows: Sequence[Window], data: Iterable[bytes]) -> None:
        self._starts = [start for start, _ in windows]
        self._data = list(data)

    def cut(self, start: int, end: int) -> bytes:
        index = bisect_right(self._starts, start) - 1
        base = self._starts[index]
        return self._data[index][start - base : end - base]


def _iter_windows(entry: CentralEntry, end: int) -> Iterator[Window]:
    """Yield the ranges of a member to read: all except its data."""
    if entry.is_directory:
        yield entry.offset, end
        return
    # Only the header contains the size of its extra fields, and with it the start of the descriptor.
    yield entry.offset, end - entry.compressed_size
    if entry.has_descriptor:
        yield max(end - DESCRIPTOR_SIZES[-1], entry.offset), end


def _group_entries(entries: Sequence[BoundedEntry]) -> Iterator[list[BoundedEntry]]:
    group: list[BoundedEntry] = []
    size = 0
    for entry, end in entries:
        group.append((entry, end))
        size += end - entry.offset - (0 if entry.is_directory else entry.compressed_size)
        if size >= GROUP_SIZE:
            yield group
            group, size = [], 0
    yield group


def _merge_windows(windows: Iterable[Window]) -> list[Window]:
    """Return the windows in order, with overlapping and adjacent ones joined."""
    merged: list[Window] = []
    for start, end in windows:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _group_into_requests(windows: Sequence[Window], seek_cost: int) -> list[list[Window]]:
    requests: list[list[Window]] = []
    for window in windows:
        if requests and window[0] - requests[-1][-1][1] <= seek_cost:
            requests[-1].append(window)
        else:
            requests.append([window])
    return requests


def _fetch_windows(source: RangeSource, windows: Sequence[Window]) -> list[bytes]:
    """Read the range of all windows in one request, and return the bytes of each."""
    buffers = [bytearray() for _ in windows]
    position = windows[0][0]
    index = 0
    for chunk in read_range(source, position, windows[-1][1]):
        chunk_end = position + len(chunk)
        while index < len(windows) and windows[index][0] < chunk_end:
            start, end = windows[index]
            buffers[index] += chunk[max(start - position, 0) : end - position]
            if end > chunk_end:
                break
            index += 1
        position = chunk_end
    return [bytes(data) for data in buffers]


def _check_member(entry: CentralEntry, end: int, buffers: _Buffers) -> int:
    """Compare a member's local records with its entry; return its data's offset."""
    label = escape_raw_name(entry.raw)
    name_start = entry.offset + LocalHeader.STRUCT.size
    header = LocalHeader.parse(buffers.cut(entry.offset, name_start))
    if header is None:
        raise ZipError(
            "zip_header_missing",
            sentence(
                "The archive's table of contents points to a position without a file. Download the archive "
                "again, or create it again."
            ),
            member=label,
        )
    name_end = name_start + len(entry.raw)
    if (
        header.name_size != len(entry.raw)
        or buffers.cut(name_start, name_end) != entry.raw
        or header.flags != entry.flags
        or header.method != entry.method
    ):
        raise _mismatch_error(label)
    data_start = name_end + header.extra_size
    data_end = data_start + entry.compressed_size
    if data_end > end:
        raise overlap_error(label)
    fields = parse_extra_fields(buffers.cut(name_end, data_start), member=label)
    path = parse_unicode_path(fields, entry.raw, member=label)
    if (entry.raw if path is None else path.encode()) != entry.stored_name:
        raise _mismatch_error(label)
    _check_values(entry, header, fields, label)
    if entry.has_descriptor:
        _check_descriptor(
            entry, buffers.cut(data_end, end) if end - data_end <= DESCRIPTOR_SIZES[-1] else b"", label
        )
    elif data_end != end:
        raise gap_error(label)
    if entry.is_directory and entry.compressed_size:
        _check_empty(entry, buffers.cut(data_start, data_end), label)
    return data_start


def _check_values(entry: CentralEntry, header: LocalHeader, fields: dict[int, bytes], label: str) -> None:
    """Require the entry's CRC-32 and sizes.

    Each may be 0 where a descriptor follows (4.4.4 bit 3).
    """
    size, compressed_size = header.size, header.compressed_size
    sentinels = (size, compressed_size).count(SENTINEL32)
    values, disk = parse_zip64_field(fields, member=label)
    declared = [header.crc32]
    match values:
        case () if not sentinels:
            declared += [size, compressed_size]
        case (large, large_compressed, *offset):
            # 4.5.3 requires both. Several programs write them although the sizes fit, or copy the directory's field with
            # the offset; all must agree then.
            declared += [large if size == SENTINEL32 else size]
            declared += [large_compressed if compressed_size == SENTINEL32 else compressed_size]
            if not _agree(
                (large, large_compressed, *offset),
                (entry.size, entry.compressed_size, entry.offset)[: len(values)],
                zero_allowed=entry.has_descriptor,
            ):
                raise zip64_error(label)
        case (large,) if sentinels == 1:
            declared += [large if size == SENTINEL32 else size]
            declared += [large if compressed_size == SENTINEL32 else compressed_size]
        case (large,) if not sentinels and large == entry.size:
            declared += [size, compressed_size]
        case _:
            raise zip64_error(label)
    if disk is not None:  # local headers have none
        raise zip64_error(label)
    actual = (entry.crc32, entry.size, entry.compressed_size)
    if not _agree(declared, actual, zero_allowed=entry.has_descriptor):
        raise _mismatch_error(label)


def _agree(declared: Iterable[int], actual: Iterable[int], *, zero_allowed: bool) -> bool:
    return all(
        value == expected or (zero_allowed and not value)
        for value, expected in zip(declared, actual, strict=True)
    )


def _check_descriptor(entry: CentralEntry, data: bytes, label: str) -> None:
    """Check a descriptor (4.3.9).

    Its form follows from its length, which the next member's offset determines.
    """
    actual = entry.crc32, entry.compressed_size, entry.size
    bare = data.removeprefix(DESCRIPTOR_SIGNATURE) if len(data) in (16, 24) else data
    match len(bare):
        case 12:
            declared = struct.unpack("<3I", bare)
        case 20 if len(data) in (20, 24):
            declared = struct.unpack("<I2Q", bare)
        case _:
            declared = ()
    if declared != actual:
        raise ZipError(
            "zip_descriptor_invalid",
            sentence(
                "The archive has contradictory details of a file. Download it again, or create it again."
            ),
            member=label,
        )


def _check_empty(entry: CentralEntry, data: bytes, label: str) -> None:
    try:
        list(unpack_member([data], method=entry.method, size=0, crc32=0, member=label))
    except ZipError:
        raise ZipError(
            "zip_directory_with_data",
            sentence("The archive contains a folder with data. Create the archive again."),
            member=label,
        ) from None


def _mismatch_error(label: str) -> ZipError:
    return ZipError(
        "zip_header_mismatch",
        sentence("The archive has contradictory headers of a file. Download it again, or create it again."),
        member=label,
    )
