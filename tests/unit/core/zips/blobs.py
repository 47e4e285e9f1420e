"""Blobs in memory and blobs of zeros, of any size."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dubbing_core.codec import crc32 as compute_crc32
from dubbing_core.zips.layout import BlobMember, BlobRange, Layout, Literal, Segment

MODIFIED = datetime(2025, 8, 3, 18, 11, 2, tzinfo=UTC)
PIECE = 1024 * 1024
ZEROS = bytes(PIECE)


def zeros_crc32(size: int) -> int:
    crc32 = 0
    for start in range(0, size, PIECE):
        crc32 = compute_crc32(memoryview(ZEROS)[: size - start], crc32)
    return crc32


@dataclass
class Blobs:
    """Contents of a store, by SHA-256."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def member(self, name: str, data: bytes, modified: datetime = MODIFIED) -> BlobMember:
        sha256 = hashlib.sha256(data).hexdigest()
        self.contents[sha256] = data
        return BlobMember(
            name=name, sha256=sha256, size=len(data), crc32=compute_crc32(data), modified=modified
        )

    def bytes_of(self, segments: Iterable[Segment]) -> bytes:
        return b"".join(self.pieces(segments))

    def pieces(self, segments: Iterable[Segment]) -> Iterator[bytes]:
        for segment in segments:
            match segment:
                case Literal(data=data):
                    yield data
                case BlobRange(sha256=sha256, start=start, end=end):
                    yield self.contents[sha256][start:end]


class LayoutFile(io.RawIOBase):
    """A layout as a seekable file whose blobs are all zeros: gigabytes without disk space."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.layout.size}[whence]
        self.position = base + offset
        return self.position

    def readinto(self, buffer: Any) -> int:
        start = min(self.position, self.layout.size)
        end = min(start + min(len(buffer), PIECE), self.layout.size)
        data = b"".join(zeros_of(self.layout, start, end))
        buffer[: len(data)] = data
        self.position = end
        return len(data)


def zeros_of(layout: Layout, start: int, end: int) -> Iterator[bytes]:
    for segment in layout.cut(start, end):
        match segment:
            case Literal(data=data):
                yield data
            case BlobRange(size=size):
                for done in range(0, size, PIECE):
                    yield ZEROS[: min(PIECE, size - done)]
