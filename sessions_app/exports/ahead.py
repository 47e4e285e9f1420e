"""Reads ahead: where each read costs a round trip, several are under way at once. Order is kept, memory is bounded."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from dubbing_core.zips.layout import BlobRange, Literal, Segment
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader

THREADS = 4
PIECE_SIZE = 4 * 1024 * 1024
"""Bytes that one read asks for."""
WINDOW_SIZE = 16 * 1024 * 1024
"""Bytes that may have been asked for and not passed on yet."""
WINDOW_COUNT = 64
"""Pieces, where they are small."""

Received = SimpleQueue[bytes | BaseException | None]
"""The chunks of one piece; then None, or what went wrong."""


def read_ahead(segments: Iterable[Segment], *, reader: BlobReader) -> Generator[bytes]:
    """Yield the bytes of the segments. Nothing is read after the generator was closed.

    :raises ObjectMissingError: a blob is gone.
    :raises StoreUnavailableError: a blob could not be read to the end of its range.
    """
    pieces = _pieces(segments)
    asked: deque[tuple[Segment, Received]] = deque()
    held = 0
    stop = threading.Event()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="read-ahead") as threads:
        try:
            while True:
                while held < WINDOW_SIZE and len(asked) < WINDOW_COUNT and (piece := next(pieces, None)):
                    received: Received = SimpleQueue()
                    asked.append((piece, received))
                    held += piece.size
                    if isinstance(piece, BlobRange):
                        threads.submit(_read, piece, received, reader, stop)
                if not asked:
                    return
                piece, received = asked.popleft()
                if isinstance(piece, Literal):
                    yield piece.data
                else:
                    yield from _chunks(received)
                held -= piece.size
        finally:
            stop.set()
            threads.shutdown(wait=False, cancel_futures=True)


def _pieces(segments: Iterable[Segment]) -> Iterator[Segment]:
    for segment in segments:
        if isinstance(segment, Literal):
            yield segment
        else:
            for start in range(0, segment.size, PIECE_SIZE):
                yield segment.cut(start, min(start + PIECE_SIZE, segment.size))


def _read(piece: BlobRange, received: Received, reader: BlobReader, stop: threading.Event) -> None:
    try:
        for chunk in reader.read(blob_key(piece.sha256), piece.start, piece.end):
            if stop.is_set():
                return
            received.put(chunk)
        received.put(None)
    except BaseException as error:  # noqa: BLE001 - it is raised where the bytes are waited for
        received.put(error)


def _chunks(received: Received) -> Iterator[bytes]:
    while (chunk := received.get()) is not None:
        if isinstance(chunk, BaseException):
            raise chunk
        yield chunk
