"""Local headers and data descriptors: they must tell what the central directory tells."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

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
"""Bytes of headers that are held at once."""
READERS = 8
"""Requests in flight, where one after the other would add up their latencies."""

Placed = tuple[CentralEntry, int]
"""An entry, and the place where the next one, or the directory, starts."""
Window = tuple[int, int]
"""A half-open range of the archive."""


def locate_data(source: RangeSource, placed: Sequence[Placed], *, seek_cost: int) -> list[int]:
    """Check each member's local header and descriptor, and find where its data starts.

    Headers that lie near each other are fetched together, several such requests at once.

    :param placed: in order of their offset.
    :param seek_cost: how many bytes it is worth to read in order to save a request.
    :raises ZipError: `zip_header_mismatch`, `zip_descriptor_invalid`, `zip_gap`, `zip_overlap`, `zip_extra_invalid`,
        `zip_zip64_invalid`, `zip_directory_with_data`, `zip_truncated`.
    """
    starts: list[int] = []
    with ThreadPoolExecutor(READERS) as executor:
        for group in _groups(placed):
            windows = _merged(chain.from_iterable(_windows(entry, end) for entry, end in group))
            requests = _requests(windows, seek_cost)
            pieces = _Pieces(windows, chain.from_iterable(executor.map(partial(_fetch, source), requests)))
            starts += [_check(entry, end, pieces) for entry, end in group]
    return starts


class _Pieces:
    """Ranges of the archive, in memory."""

    def __init__(self, windows: Sequence[Window], data: Iterable[bytes]) -> None:
        self._starts = [start for start, _ in windows]
        self._data = list(data)

    def cut(self, start: int, end: int) -> bytes:
        index = bisect_right(self._starts, start) - 1
        base = self._starts[index]
        return self._data[index][start - base : end - base]


def _windows(entry: CentralEntry, end: int) -> Iterator[Window]:
    """What must be read of a member: all that is not its data."""
    if entry.is_directory:
        yield entry.offset, end
        return
    # How much of the rest belongs to the header's extra fields and how much to the descriptor only the header tells.
    yield entry.offset, end - entry.compressed_size
    if entry.has_descriptor:
        yield max(end - DESCRIPTOR_SIZES[-1], entry.offset), end


def _groups(placed: Sequence[Placed]) -> Iterator[list[Placed]]:
    group: list[Placed] = []
    held = 0
    for entry, end in placed:
        group.append((entry, end))
        held += end - entry.offset - (0 if entry.is_directory else entry.compressed_size)
        if held >= GROUP_SIZE:
            yield group
            group, held = [], 0
    yield group


def _merged(windows: Iterable[Window]) -> list[Window]:
    """The windows, in order, apart from each other."""
    merged: list[Window] = []
    for start, end in windows:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _requests(windows: Sequence[Window], seek_cost: int) -> list[list[Window]]:
    requests: list[list[Window]] = []
    for window in windows:
        if requests and window[0] - requests[-1][-1][1] <= seek_cost:
            requests[-1].append(window)
        else:
            requests.append([window])
    return requests


def _fetch(source: RangeSource, windows: Sequence[Window]) -> list[bytes]:
    """Read across the windows, and keep what lies in them."""
    kept = [bytearray() for _ in windows]
    position = windows[0][0]
    index = 0
    for chunk in read_range(source, position, windows[-1][1]):
        chunk_end = position + len(chunk)
        while index < len(windows) and windows[index][0] < chunk_end:
            start, end = windows[index]
            kept[index] += chunk[max(start - position, 0) : end - position]
            if end > chunk_end:
                break
            index += 1
        position = chunk_end
    return [bytes(data) for data in kept]


def _check(entry: CentralEntry, end: int, pieces: _Pieces) -> int:
    """Compare a member's local records with its central one; return where its data starts."""
    label = escape_raw_name(entry.raw)
    name_start = entry.offset + LocalHeader.STRUCT.size
    header = LocalHeader.parse(pieces.cut(entry.offset, name_start))
    if header is None:
        raise ZipError(
            "zip_header_missing",
            "The archive's table of contents points to a place where no file is. Download or make it again.",
            member=label,
        )
    name_end = name_start + len(entry.raw)
    if (
        header.name_size != len(entry.raw)
        or pieces.cut(name_start, name_end) != entry.raw
        or header.flags != entry.flags
        or header.method != entry.method
    ):
        raise _mismatch(label)
    data_start = name_end + header.extra_size
    data_end = data_start + entry.compressed_size
    if data_end > end:
        raise overlap_error(label)
    fields = parse_extra_fields(pieces.cut(name_end, data_start), member=label)
    path = parse_unicode_path(fields, entry.raw, member=label)
    if (entry.raw if path is None else path.encode()) != entry.name.encode():
        raise _mismatch(label)
    _check_values(entry, header, fields, label)
    if entry.has_descriptor:
        _check_descriptor(
            entry, pieces.cut(data_end, end) if end - data_end <= DESCRIPTOR_SIZES[-1] else b"", label
        )
    elif data_end != end:
        raise gap_error(label)
    if entry.is_directory and entry.compressed_size:
        _check_nothing(entry, pieces.cut(data_start, data_end), label)
    return data_start


def _check_values(entry: CentralEntry, header: LocalHeader, fields: dict[int, bytes], label: str) -> None:
    """CRC and sizes are those of the directory; or 0, each, where a descriptor follows (4.4.4 bit 3)."""
    size, compressed_size = header.size, header.compressed_size
    sentinels = (size, compressed_size).count(SENTINEL32)
    values = parse_zip64_field(fields, member=label)
    told = [header.crc32]
    match values:
        case None if not sentinels:
            told += [size, compressed_size]
        case (large, large_compressed):
            # 4.5.3: always both. Several programs write it although the sizes fit; then it may not say otherwise.
            told += [large if size == SENTINEL32 else size]
            told += [large_compressed if compressed_size == SENTINEL32 else compressed_size]
            if not _agree(
                (large, large_compressed), (entry.size, entry.compressed_size), entry.has_descriptor
            ):
                raise zip64_error(label)
        case (large,) if sentinels == 1:
            told += [large if size == SENTINEL32 else size]
            told += [large if compressed_size == SENTINEL32 else compressed_size]
        case _:
            raise zip64_error(label)
    if not _agree(told, (entry.crc32, entry.size, entry.compressed_size), entry.has_descriptor):
        raise _mismatch(label)


def _agree(told: Iterable[int], true: Iterable[int], zero_allowed: bool) -> bool:  # noqa: FBT001
    return all(
        value == expected or (zero_allowed and not value) for value, expected in zip(told, true, strict=True)
    )


def _check_descriptor(entry: CentralEntry, data: bytes, label: str) -> None:
    """4.3.9. Its form follows from its length, which the next member's place gives away."""
    true = entry.crc32, entry.compressed_size, entry.size
    bare = data.removeprefix(DESCRIPTOR_SIGNATURE) if len(data) in (16, 24) else data
    match len(bare):
        case 12:
            told = struct.unpack("<3I", bare)
        case 20 if len(data) in (20, 24):
            told = struct.unpack("<I2Q", bare)
        case _:
            told = ()
    if told != true:
        raise ZipError(
            "zip_descriptor_invalid",
            "The archive contradicts itself about a file. Download it once more, or make it again.",
            member=label,
        )


def _check_nothing(entry: CentralEntry, data: bytes, label: str) -> None:
    try:
        list(unpack_member([data], method=entry.method, size=0, crc32=0, member=label))
    except ZipError:
        raise ZipError(
            "zip_directory_with_data",
            "The archive holds a folder with contents of its own. Make it again.",
            member=label,
        ) from None


def _mismatch(label: str) -> ZipError:
    return ZipError(
        "zip_header_mismatch",
        "The archive tells two different things about a file. Make it again, or download it once more.",
        member=label,
    )
