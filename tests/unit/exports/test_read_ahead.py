from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from dubbing_core.zips.layout import BlobRange, Literal
from sessions_app.exports.read_ahead import PIECE_SIZE, THREADS, WINDOW_COUNT, WINDOW_SIZE, read_ahead
from sessions_app.storage.errors import ObjectMissingError
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import CHUNK_SIZE
from tests.services.waits import LIMIT

MIB = 1024 * 1024


class Reader:
    """Reader of blobs of zeros, of any size, that records the reads."""

    def __init__(self, *, missing: str = "") -> None:
        self.missing = missing
        self.reads: list[tuple[str, int, int]] = []
        self.active = 0
        self.max_active = 0
        self.barrier = threading.Barrier(1)
        self._lock = threading.Lock()

    def size(self, key: str) -> int:
        raise NotImplementedError

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        with self._lock:
            self.reads.append((key, start, end))
            self.active += 1
            self.max_active = max(self.max_active, self.active)
        self.barrier.wait(timeout=LIMIT)
        if key == self.missing:
            raise ObjectMissingError(key)
        for position in range(start, end, CHUNK_SIZE):
            yield bytes(min(CHUNK_SIZE, end - position))
        with self._lock:
            self.active -= 1


def small_blobs(count: int) -> list[BlobRange]:
    return [BlobRange(f"{number:064x}", 0, 10) for number in range(count)]


class TestReadAhead:
    def test_reads_concurrently(self):
        reader = Reader()
        reader.barrier = threading.Barrier(THREADS)  # breaks unless all threads wait

        data = b"".join(read_ahead(small_blobs(THREADS * 3), reader=reader))

        assert data == bytes(10 * THREADS * 3)
        assert reader.max_active == THREADS

    def test_reads_large_blobs_in_pieces(self):
        reader = Reader()

        data = b"".join(read_ahead([BlobRange("a", 5, 5 + 3 * PIECE_SIZE)], reader=reader))

        assert len(data) == 3 * PIECE_SIZE
        key = blob_key("a")
        assert sorted(reader.reads) == [
            (key, 5 + PIECE_SIZE * number, 5 + PIECE_SIZE * (number + 1)) for number in range(3)
        ]

    def test_requests_no_more_than_the_window(self):
        reader = Reader()
        chunks = read_ahead([BlobRange("a", 0, 100 * WINDOW_SIZE)], reader=reader)

        next(chunks)

        assert sum(end - start for _, start, end in reader.reads) <= WINDOW_SIZE
        chunks.close()

    def test_requests_a_limited_number_of_small_blobs(self):
        reader = Reader()
        chunks = read_ahead(small_blobs(WINDOW_COUNT * 10), reader=reader)

        next(chunks)

        assert len(reader.reads) <= WINDOW_COUNT
        chunks.close()

    def test_yields_the_first_bytes_early(self):
        reader = Reader()
        chunks = read_ahead([Literal(b"header"), BlobRange("a", 0, PIECE_SIZE)], reader=reader)

        assert next(chunks) == b"header"
        assert len(next(chunks)) == CHUNK_SIZE
        chunks.close()

    def test_raises_in_the_place_of_a_missing_blob(self):
        reader = Reader(missing=blob_key(f"{2:064x}"))
        chunks = read_ahead(small_blobs(4), reader=reader)

        assert [len(next(chunks)) for _ in range(2)] == [10, 10]
        with pytest.raises(ObjectMissingError):
            next(chunks)

    def test_ends_its_threads_when_closed(self):
        before = threading.active_count()
        chunks = read_ahead([BlobRange("a", 0, 100 * WINDOW_SIZE)], reader=Reader())
        next(chunks)

        chunks.close()

        assert threading.active_count() == before

    def test_no_segments_yield_nothing(self):
        assert list(read_ahead([], reader=Reader())) == []
