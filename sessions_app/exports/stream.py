"""A layout as a stream of bytes, read from the store as it goes: nothing is stored, memory stays flat."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing

from dubbing_core.zips.layout import Literal, Segment
from sessions_app.exports.ahead import read_ahead
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader, CapableReader

JOINED_SIZE = 64 * 1024
"""Pieces smaller than this are joined: each yield costs whoever sends it a system call."""


def stream(segments: Iterable[Segment], *, reader: CapableReader) -> Generator[bytes]:
    """Yield the bytes of the segments in chunks, none of them empty; read ahead where the store is remote.

    :raises ObjectMissingError: a blob is gone.
    :raises StoreUnavailableError: a blob could not be read to the end of its range.
    """
    read = read_ahead if reader.capabilities.remote else _read
    joined = bytearray()
    with closing(read(segments, reader=reader)) as pieces:
        for piece in pieces:
            small = len(piece) < JOINED_SIZE
            if small:
                joined += piece
            if joined and (not small or len(joined) >= JOINED_SIZE):
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
