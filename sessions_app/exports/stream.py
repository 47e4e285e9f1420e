"""Stream of a layout: bytes are read from the store on demand, in constant memory."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing

from dubbing_core.zips.layout import Literal, Segment
from sessions_app.exports.read_ahead import read_ahead
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader, CapableReader

MIN_CHUNK_SIZE = 64 * 1024
"""Smaller chunks are joined, because each chunk costs the sender a system call."""


def stream_segments(segments: Iterable[Segment], *, reader: CapableReader) -> Generator[bytes]:
    """Yield the bytes of the segments in non-empty chunks.

    Reads ahead if the store is remote.

    :raises ObjectMissingError: a blob is missing.
    :raises StoreUnavailableError: a blob could not be read to the end of its range.
    """
    read = read_ahead if reader.capabilities.remote else _read
    joined = bytearray()
    with closing(read(segments, reader=reader)) as pieces:
        for piece in pieces:
            small = len(piece) < MIN_CHUNK_SIZE
            if small:
                joined += piece
            if joined and (not small or len(joined) >= MIN_CHUNK_SIZE):
                yield bytes(joined)
                joined.clear()
            if not small:
                yield piece
    if joined:
        yield bytes(joined)


def _read(segments: Iterable[Segment], *, reader: BlobReader) -> Generator[bytes]:
    for segment in segments:
        if isinstance(segment, Literal):
            yield segment.data
        else:
            yield from reader.read(blob_key(segment.sha256), segment.start, segment.end)
