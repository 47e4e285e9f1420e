from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from dubbing_core.zips.layout import BlobRange, Literal
from sessions_app.exports.read_ahead import PIECE_SIZE, THREADS, WINDOW_COUNT, WINDOW_SIZE, read_ahead
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import CHUNK_SIZE, ObjectMissingError

MIB = 1024 * 1024


class Reader:
    """Blobs of zeros, as long as somebody asks; tells what was asked for."""

    def __init__(self, *, missing: str = "") -> None:
        self.missing = missing
        self.asked: list[tuple[str, int, int]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.all_there = threading.Barrier(1)
        self._lock = threading.Lock()

    def size(self, key: str) -> int:
        raise NotImplementedError

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        with self._lock:
            self.asked.append((key, start, end))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.all_there.wait(timeout=10)
        if key == self.missing:
            raise ObjectMissingError(key)
        for position in range(start, end, CHUNK_SIZE):
            yield bytes(min(CHUNK_SIZE, end - position))
        with self._lock:
            self.at_once -= 1


def small_blobs(count: int) -> list[BlobRange]:
    return [BlobRange(f"{number:064x}", 0, 10) for number in range(count)]


class TestReadingAhead:
    def test_has_several_reads_under_way_at_once(self):
        reader = Reader()
        reader.all_there = threading.Barrier(THREADS)  # breaks unless as many come together

        data = b"".join(read_ahead(small_blobs(THREADS * 3), reader=reader))

        assert data == bytes(10 * THREADS * 3)
        assert reader.most_at_once == THREADS

    def test_asks_for_large_blobs_in_pieces(self):
        reader = Reader()

        data = b"".join(read_ahead([BlobRange("a", 5, 5 + 3 * PIECE_SIZE)], reader=reader))

        assert len(data) == 3 * PIECE_SIZE
        key = blob_key("a")
        assert sorted(reader.asked) == [
            (key, 5 + PIECE_SIZE * number, 5 + PIECE_SIZE * (number + 1)) for number in range(3)
        ]

    def test_holds_no_more_than_its_window(self):
        reader = Reader()
        chunks = read_ahead([BlobRange("a", 0, 100 * WINDOW_SIZE)], reader=reader)

        next(chunks)

        assert sum(end - start for _, start, end in reader.asked) <= WINDOW_SIZE
        chunks.close()

    def test_asks_for_a_limited_number_of_small_blobs(self):
        reader = Reader()
        chunks = read_ahead(small_blobs(WINDOW_COUNT * 10), reader=reader)

        next(chunks)

        assert len(reader.asked) <= WINDOW_COUNT
        chunks.close()

    def test_begins_before_all_is_there(self):
        reader = Reader()
        chunks = read_ahead([Literal(b"header"), BlobRange("a", 0, PIECE_SIZE)], reader=reader)

        assert next(chunks) == b"header"
        assert len(next(chunks)) == CHUNK_SIZE
        chunks.close()

    def test_tells_what_is_gone_where_it_would_come(self):
        reader = Reader(missing=blob_key(f"{2:064x}"))
        chunks = read_ahead(small_blobs(4), reader=reader)

        assert [len(next(chunks)) for _ in range(2)] == [10, 10]
        with pytest.raises(ObjectMissingError):
            next(chunks)

    def test_ends_its_threads_when_nobody_listens_any_more(self):
        before = threading.active_count()
        chunks = read_ahead([BlobRange("a", 0, 100 * WINDOW_SIZE)], reader=Reader())
        next(chunks)

        chunks.close()

        assert threading.active_count() == before

    def test_of_nothing_is_nothing(self):
        assert list(read_ahead([], reader=Reader())) == []
