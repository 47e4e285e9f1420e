"""Source of an archive: anything that has a size and can read ranges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from dubbing_core.sentences import sentence
from dubbing_core.zips.errors import ZipError


class RangeSource(Protocol):
    """A file, or an object in a store. Safe for concurrent reads."""

    size: int
    """In bytes."""

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of the range [start, end) in chunks of any size.

        The range is not empty. The reader does not catch its exceptions: a storage error is not an error of the archive.
        """
        ...


def read_range(source: RangeSource, start: int, end: int) -> Iterator[bytes]:
    """Yield exactly the bytes of the range.

    :raises ZipError: `zip_truncated`, the source returned fewer or more bytes than the range has.
    """
    missing = end - start
    if missing:
        for chunk in source.read(start, end):
            missing -= len(chunk)
            if missing < 0:
                break
            yield chunk
    if missing:
        raise ZipError("zip_truncated", sentence("The archive changed while it was read. Upload it again."))


def read_bytes(source: RangeSource, start: int, end: int) -> bytes:
    """Return a range that is small enough for memory."""
    return b"".join(read_range(source, start, end))
