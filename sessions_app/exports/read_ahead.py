"""Read-ahead: concurrent reads of a remote store, in order, in bounded memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from queue import SimpleQueue

from dubbing_core.concurrency import TaskGroup
from dubbing_core.zips.layout import BlobRange, Literal, Segment
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader

THREADS = 4
PIECE_SIZE = 4 * 1024 * 1024
"""Bytes of one read."""
WINDOW_SIZE = 16 * 1024 * 1024
"""Maximum number of bytes that are requested and not yielded yet."""
WINDOW_COUNT = 64
"""Maximum number of pieces in the window, where they are small."""

ChunkQueue = SimpleQueue[bytes | BaseException | None]
"""The chunks of one piece, then None or the error."""


def read_ahead(segments: Iterable[Segment], *, reader: BlobReader) -> Generator[bytes]:
    """Yield the bytes of the segments. Nothing is read after the generator was closed.

    :raises ObjectMissingError: a blob is missing.
    :raises StoreUnavailableError: a blob could not be read to the end of its range.
    """
    pieces = _cut(segments)
    window: deque[tuple[Segment, ChunkQueue]] = deque()
    window_size = 0
    with TaskGroup() as group:
        pool = group.pool(THREADS, "read-ahead")
        while True:
            while window_size < WINDOW_SIZE and len(window) < WINDOW_COUNT and (piece := next(pieces, None)):
                chunks: ChunkQueue = SimpleQueue()
                window.append((piece, chunks))
                window_size += piece.size
                if isinstance(piece, BlobRange):
                    pool.submit(_read, piece, chunks, reader, group.stop_signal)
            if not window:
                return
            piece, chunks = window.popleft()
            if isinstance(piece, Literal):
                yield piece.data
            else:
                yield from _iter_chunks(chunks)
            window_size -= piece.size
            group.finished()


def _cut(segments: Iterable[Segment]) -> Iterator[Segment]:
    for segment in segments:
        if isinstance(segment, Literal):
            yield segment
        else:
            for start in range(0, segment.size, PIECE_SIZE):
                yield segment.cut(start, min(start + PIECE_SIZE, segment.size))


def _read(piece: BlobRange, chunks: ChunkQueue, reader: BlobReader, stop_signal: threading.Event) -> None:
    try:
        for chunk in reader.read(blob_key(piece.sha256), piece.start, piece.end):
            if stop_signal.is_set():
                return
            chunks.put(chunk)
        chunks.put(None)
    except BaseException as error:  # noqa: BLE001 (raised by the consumer)
        chunks.put(error)


def _iter_chunks(chunks: ChunkQueue) -> Iterator[bytes]:
    while (chunk := chunks.get()) is not None:
        if isinstance(chunk, BaseException):
            raise chunk
        yield chunk
