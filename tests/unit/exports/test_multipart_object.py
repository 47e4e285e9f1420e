from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from dubbing_core import concurrency
from dubbing_core.zips.layout import BlobRange, Literal, SegmentLayout
from dubbing_core.zips.multipart import PartLimits, UploadedPart, plan_parts
from sessions_app.exports import multipart_object, read_ahead
from sessions_app.exports.multipart_object import write_object
from sessions_app.storage.errors import ObjectMissingError, StoreFullError
from sessions_app.storage.keys import blob_key
from tests.services.waits import LIMIT
from tests.stores.memory import MemoryStore
from tests.unit.exports.archive import MIB, an_archive, blob, content

KEY = "exports/x.zip"
LIMITS = PartLimits(min_size=100, copy_size=MIB, max_size=4 * MIB, max_count=10_000)


@pytest.fixture(params=[False, True], ids=["any sizes", "uniform"])
def store(request):
    return MemoryStore(
        limits=PartLimits(min_size=5000, copy_size=MIB, max_size=4 * MIB, is_uniform=request.param)
    )


def write(layout, store, on_bytes=lambda count: None):
    write_object(
        layout,
        KEY,
        copier=store.capabilities.server_side_copy("blobs/ab/large"),
        reader=store,
        on_bytes=on_bytes,
    )


def is_clean(store):
    return not list(store.list("exports/")) and not list(store.open_uploads(""))


class TestWriteObject:
    def test_writes_the_bytes_of_the_layout(self, store):
        layout = an_archive(store)
        counted: list[int] = []

        write(layout, store, counted.append)

        assert b"".join(store.read(KEY, 0, layout.size)) == content(layout, store)
        assert sum(counted) == layout.size
        assert not list(store.open_uploads(""))

    def test_copies_large_ranges_and_uploads_the_rest(self):
        store = MemoryStore(limits=LIMITS)
        copier = Copier(store)
        large = blob(store, bytes(5000))
        layout = SegmentLayout((Literal(b"head"), BlobRange(large, 0, 5000), Literal(b"end")))

        write_object(layout, KEY, copier=copier, reader=store, on_bytes=lambda count: None)

        assert copier.copied == [(2, blob_key(large), 96, 5000)]
        assert sorted(copier.sent) == [(1, 100), (3, 3)]

    def test_copies_parts_concurrently(self):
        store = MemoryStore(limits=LIMITS)
        copier = Copier(store)
        copier.barrier = threading.Barrier(multipart_object.COPY_THREADS)  # breaks unless all threads wait
        large = blob(store, bytes(MIB * multipart_object.COPY_THREADS))
        layout = SegmentLayout((BlobRange(large, 0, MIB * multipart_object.COPY_THREADS),))

        write_object(layout, KEY, copier=copier, reader=store, on_bytes=lambda count: None)

        assert len(copier.copied) == multipart_object.COPY_THREADS

    def test_reads_one_part_at_a_time(self, monkeypatch):
        store = MemoryStore(limits=LIMITS)
        copier = Copier(store)
        lock = CountingLock()
        monkeypatch.setattr(multipart_object, "threading", SimpleNamespace(Lock=lambda: lock))
        monkeypatch.setattr(read_ahead, "THREADS", 1)  # of one part; it would read several blobs at once
        reader = Reader(store, before_first=lambda: lock.wait_for(multipart_object.UPLOAD_THREADS))
        segments = [BlobRange(blob(store, bytes([number] * 60)), 0, 60) for number in range(20)]
        layout = SegmentLayout((Literal(b"head"), *segments))
        parts = plan_parts(layout, limits=LIMITS)
        assert sum(isinstance(part, UploadedPart) for part in parts) > multipart_object.UPLOAD_THREADS

        write_object(layout, KEY, copier=copier, reader=reader, on_bytes=lambda count: None)

        assert b"".join(store.read(KEY, 0, layout.size)) == content(layout, store)
        assert reader.max_concurrency == 1

    def test_limits_the_memory_of_large_parts(self):
        limits = PartLimits(min_size=12 * MIB, copy_size=100 * MIB, max_size=200 * MIB)
        layout = SegmentLayout((Literal(bytes(48 * MIB)),))

        assert multipart_object._count_upload_threads(plan_parts(layout, limits=limits)) == 2
        assert (
            multipart_object._count_upload_threads(plan_parts(SegmentLayout((Literal(b"x"),)), limits=limits))
            == multipart_object.UPLOAD_THREADS
        )


class TestErrors:
    @pytest.mark.parametrize("limit", [0, 1, 5 * MIB, 11 * MIB])
    def test_cancellation_leaves_nothing(self, store, limit):
        layout = an_archive(store)
        done = 0

        def cancel(count: int) -> None:
            nonlocal done
            done += count
            if done >= limit:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write(layout, store, cancel)

        assert is_clean(store)

    @pytest.mark.parametrize("index", [0, 1], ids=["large", "small"])
    def test_a_missing_blob_is_reported(self, store, index):
        layout = an_archive(store)
        store.delete(blob_key(layout.blobs[index]))

        with pytest.raises(ObjectMissingError) as error:
            write(layout, store)

        assert error.value.key == blob_key(layout.blobs[index])
        assert is_clean(store)

    def test_a_failed_part_cancels_the_others(self):
        store = MemoryStore(limits=LIMITS)
        copier = Copier(store)
        copier.error = StoreFullError(KEY)
        large = blob(store, bytes(MIB))
        segments = [BlobRange(large, number, MIB) for number in range(1000)]

        with pytest.raises(StoreFullError):
            write_object(
                SegmentLayout(tuple(segments)), KEY, copier=copier, reader=store, on_bytes=lambda count: None
            )

        assert len(copier.copied) < 1000
        assert is_clean(store)

    def test_cancellation_is_noticed_during_a_long_part(self, monkeypatch):
        monkeypatch.setattr(concurrency, "POLL_INTERVAL", 0.01)
        store = MemoryStore(limits=LIMITS)
        copier = Copier(store)
        copier.barrier = threading.Barrier(2)
        large = blob(store, bytes(MIB))

        def cancel(count: int) -> None:
            assert count == 0
            copier.barrier.wait(timeout=LIMIT)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_object(
                SegmentLayout((BlobRange(large, 0, MIB),)), KEY, copier=copier, reader=store, on_bytes=cancel
            )

        assert is_clean(store)


class Copier:
    """Range copier that records the parts."""

    def __init__(self, store: MemoryStore) -> None:
        copier = store.capabilities.server_side_copy("blobs/ab/large")
        assert copier is not None
        self.copier = copier
        self.limits = self.copier.limits
        self.sent: list[tuple[int, int]] = []
        self.copied: list[tuple[int, str, int, int]] = []
        self.barrier = threading.Barrier(1)
        self.error: Exception | None = None

    @contextmanager
    def create_object(self, key):
        with self.copier.create_object(key) as self.new:
            yield self

    def send(self, number, data):
        self.sent.append((number, len(data)))
        self.new.send(number, data)

    def copy(self, number, source, start, end):
        self.copied.append((number, source, start, end))
        self.barrier.wait(timeout=LIMIT)
        if self.error is not None:
            raise self.error
        self.new.copy(number, source, start, end)


class CountingLock:
    """A lock that counts the threads that have asked for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = threading.Semaphore(0)

    def __enter__(self) -> None:
        self._requests.release()
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def wait_for(self, count: int) -> None:
        """Wait until this many threads hold the lock or wait for it."""
        assert all(self._requests.acquire(timeout=LIMIT) for _ in range(count))


class Reader:
    """Reader that records the number of concurrent reads."""

    def __init__(self, store: MemoryStore, *, before_first: Callable[[], None]) -> None:
        """Create a reader that calls ``before_first`` during its first read."""
        self.store = store
        self._before = iter([before_first])
        self.concurrency_now = 0
        self.max_concurrency = 0
        self._lock = threading.Lock()

    def size(self, key):
        return self.store.size(key)

    def read(self, key, start, end):
        with self._lock:
            self.concurrency_now += 1
            self.max_concurrency = max(self.max_concurrency, self.concurrency_now)
        for wait in self._before:
            wait()
        yield from self.store.read(key, start, end)
        with self._lock:
            self.concurrency_now -= 1
