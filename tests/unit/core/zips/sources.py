"""Archive sources that record their requests."""

from __future__ import annotations

from collections.abc import Iterator

from dubbing_core.zips.layout import Layout
from dubbing_core.zips.reader import Archive, ArchiveLimits, read_archive
from tests.unit.core.zips.blobs import zeros_of


class BytesSource:
    def __init__(self, data: bytes, *, chunk_size: int = 64 * 1024) -> None:
        self.size = len(data)
        self.requests: list[tuple[int, int]] = []
        self._data = data
        self._chunk_size = chunk_size

    def read(self, start: int, end: int) -> Iterator[bytes]:
        assert 0 <= start < end <= self.size
        self.requests.append((start, end))
        for position in range(start, end, self._chunk_size):
            yield self._data[position : min(position + self._chunk_size, end)]

    @property
    def bytes_read(self) -> int:
        return sum(end - start for start, end in self.requests)


class LayoutSource:
    """Source of a layout whose blobs are all zeros."""

    def __init__(self, layout: Layout) -> None:
        self.size = layout.size
        self.requests: list[tuple[int, int]] = []
        self._layout = layout

    def read(self, start: int, end: int) -> Iterator[bytes]:
        self.requests.append((start, end))
        return zeros_of(self._layout, start, end)


def archive_of(data: bytes, **limits: int) -> Archive:
    return read_archive(BytesSource(data), ArchiveLimits(**limits))


def contents_of(data: bytes, **limits: int) -> dict[str, bytes]:
    """Read all members of an archive."""
    archive = archive_of(data, **limits)
    return {member.name: b"".join(archive.open(member)) for member in archive.members}
