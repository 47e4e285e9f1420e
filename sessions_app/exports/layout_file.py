"""A layout in a file: a range of it is found without planning the archive again.

The file contains all literals, then a record of 48 bytes for each blob, then a footer. Memory does not grow with the
number of members: a reader keeps the footer, finds a range's first record by bisection, and reads on from there.
"""

from __future__ import annotations

import os
import struct
import weakref
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from dubbing_core.zips.layout import BlobRange, EtagDigest, Literal, Segment, check_range, format_etag

RECORD = struct.Struct("<2Q32s")
"""Bytes of all literals up to a blob, bytes of all blobs up to and including it, its SHA-256."""
FOOTER = struct.Struct("<8s3Q32s")
"""Format, bytes of all literals, bytes of all blobs, number of blobs, digest of the ETag."""
FORMAT = b"layout 1"
RECORDS_PER_READ = 512
LITERAL_SIZE = 256 * 1024
"""Bytes of a literal in memory; a longer one is returned in several."""


class LayoutFileError(Exception):
    """The file does not contain a layout."""


class LayoutFileWriter:
    """Writer of a layout's segments to an empty file; `finish` completes it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._records = bytearray()
        self._etag = EtagDigest()
        self._literal_end = self._blob_end = 0

    def add_literal(self, pieces: Sequence[bytes | bytearray]) -> None:
        for piece in pieces:
            self._file.write(piece)
            self._literal_end += len(piece)
        self._etag.add_literal(pieces)

    def add_blob(self, sha256: str, size: int) -> None:
        self._blob_end += size
        self._records += RECORD.pack(self._literal_end, self._blob_end, bytes.fromhex(sha256))
        self._etag.add_blob_range(BlobRange(sha256, 0, size))

    def finish(self) -> None:
        self._file.write(self._records)
        count = len(self._records) // RECORD.size
        digest = self._etag.digest()
        self._file.write(FOOTER.pack(FORMAT, self._literal_end, self._blob_end, count, digest))
        self._file.flush()


class FileLayout:
    """Layout that was written by `LayoutFileWriter`. Thread-safe."""

    def __init__(self, descriptor: int) -> None:
        """Read the layout of an open file; the layout closes it in the end.

        :raises LayoutFileError: the file is incomplete or has another format; it stays open.
        """
        self._descriptor = descriptor
        size = os.fstat(descriptor).st_size
        footer = os.pread(descriptor, FOOTER.size, max(0, size - FOOTER.size))
        if len(footer) != FOOTER.size:
            raise LayoutFileError
        name, literal_size, blob_size, count, digest = FOOTER.unpack(footer)
        if name != FORMAT or size != literal_size + count * RECORD.size + FOOTER.size:
            raise LayoutFileError
        self._literal_size: int = literal_size
        self._blob_size: int = blob_size
        self._count: int = count
        self.etag = format_etag(digest)
        weakref.finalize(self, os.close, descriptor)

    @property
    def size(self) -> int:
        """In bytes."""
        return self._literal_size + self._blob_size

    @property
    def segments(self) -> Iterator[Segment]:
        return self.cut(0, self.size)

    def cut(self, start: int, end: int) -> Iterator[Segment]:
        """Return the segments of the half-open range [start, end) of the archive.

        Literals of more than 256 KiB are returned in several.

        :raises ValueError: the range is not within the archive.
        """
        check_range(start, end, self.size)
        return self._cut(start, end)

    def _cut(self, start: int, end: int) -> Iterator[Segment]:
        first = bisect_right(range(self._count), start, key=self._end_of)
        literal_start, blob_start = self._ends_of(first - 1)
        for literal_end, blob_end, sha256 in self._records_from(first):
            position = literal_start + blob_start
            if position >= end:
                return
            literal_size = literal_end - literal_start
            yield from self._literals(
                literal_start + max(0, start - position),
                literal_start + min(literal_size, end - position),
            )
            position += literal_size
            if max(start, position) < min(end, position + blob_end - blob_start):
                yield BlobRange(
                    sha256.hex(), max(0, start - position), min(blob_end - blob_start, end - position)
                )
            literal_start, blob_start = literal_end, blob_end
        position = literal_start + blob_start
        yield from self._literals(
            literal_start + max(0, start - position),
            literal_start + min(self._literal_size - literal_start, end - position),
        )

    def _end_of(self, index: int) -> int:
        """Return the end in the archive of a record's blob."""
        return sum(self._ends_of(index))

    def _ends_of(self, index: int) -> tuple[int, int]:
        if index < 0:
            return 0, 0
        literal_end, blob_end, _ = RECORD.unpack(self._read_records(index, 1))
        return literal_end, blob_end

    def _records_from(self, index: int) -> Iterator[tuple[int, int, bytes]]:
        for first in range(index, self._count, RECORDS_PER_READ):
            yield from RECORD.iter_unpack(
                self._read_records(first, min(RECORDS_PER_READ, self._count - first))
            )

    def _read_records(self, index: int, count: int) -> bytes:
        return self._read(self._literal_size + index * RECORD.size, count * RECORD.size)

    def _literals(self, start: int, end: int) -> Iterator[Literal]:
        """Yield the literal bytes [start, end) of the file."""
        for position in range(start, end, LITERAL_SIZE):
            yield Literal(self._read(position, min(LITERAL_SIZE, end - position)))

    def _read(self, start: int, size: int) -> bytes:
        data = os.pread(self._descriptor, size, start)
        if len(data) != size:
            raise LayoutFileError
        return data
