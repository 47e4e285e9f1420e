from __future__ import annotations

import hashlib
import zlib

import pytest
from django.core.files.storage import FileSystemStorage

from sessions_app.storage.filesystem import FileSystemStore
from sessions_app.storage.keys import blob_key, staging_key
from sessions_app.storage.staging import SMALL_SIZE, commit_blob, discard_blob, stage_blob
from tests.stores.memory import MemoryStore
from tests.stores.suite import get, is_empty, keys, put

STAGING = staging_key("upload-7", "x")
SIZES = [0, 1, SMALL_SIZE - 1, SMALL_SIZE, SMALL_SIZE + 1, 3 * SMALL_SIZE]


@pytest.fixture(params=["memory", "filesystem"])
def store(request, tmp_path):
    if request.param == "memory":
        return MemoryStore()
    return FileSystemStore(FileSystemStorage(location=tmp_path))


def content(size: int) -> bytes:
    return (b"0123456789abcde" * (size // 15 + 1))[:size]


def in_chunks(data: bytes, size: int = 700_000):
    return (data[start : start + size] for start in range(0, len(data), size))


class TestStaging:
    @pytest.mark.parametrize("size", SIZES)
    def test_returns_the_digest_before_a_blob_is_visible(self, store, size):
        data = content(size)

        staged = stage_blob(in_chunks(data), store=store, staging_key=STAGING)

        assert staged.digest.sha256 == hashlib.sha256(data).hexdigest()
        assert (staged.digest.crc32, staged.digest.size) == (zlib.crc32(data), size)
        assert keys(store, "blobs/") == set()

    def test_holds_small_data_in_memory_and_large_data_in_the_store(self, store):
        small = stage_blob([content(SMALL_SIZE)], store=store, staging_key=STAGING)
        assert (small.data, small.key) == (content(SMALL_SIZE), None)
        assert is_empty(store)

        large = stage_blob([content(SMALL_SIZE + 1)], store=store, staging_key=STAGING)
        assert (large.data, large.key) == (b"", STAGING)
        assert keys(store) == {STAGING}

    @pytest.mark.parametrize("size", SIZES)
    def test_reports_every_byte(self, store, size):
        counted: list[int] = []

        stage_blob(in_chunks(content(size)), store=store, staging_key=STAGING, on_bytes=counted.append)

        assert sum(counted) == size

    @pytest.mark.parametrize("after", [1, 2, 3])
    def test_leaves_nothing_when_it_is_cancelled(self, store, after):
        calls = iter(range(1, 10))

        def cancel(count: int) -> None:
            if next(calls) == after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            stage_blob(in_chunks(content(2_000_000)), store=store, staging_key=STAGING, on_bytes=cancel)

        assert is_empty(store)


class TestCommit:
    @pytest.mark.parametrize("size", SIZES)
    def test_makes_the_blob_visible_and_leaves_nothing_else(self, store, size):
        staged = stage_blob(in_chunks(content(size)), store=store, staging_key=STAGING)

        commit_blob(staged, store=store)
        commit_blob(staged, store=store)

        assert keys(store) == {blob_key(staged.digest.sha256)}
        assert get(store, blob_key(staged.digest.sha256)) == content(size)

    @pytest.mark.parametrize("size", SIZES)
    def test_does_not_replace_an_existing_blob(self, store, size):
        staged = stage_blob(in_chunks(content(size)), store=store, staging_key=STAGING)
        put(store, blob_key(staged.digest.sha256), b"unchanged")

        commit_blob(staged, store=store)

        assert get(store, blob_key(staged.digest.sha256)) == b"unchanged"
        assert len(keys(store)) == 1


@pytest.mark.parametrize("size", SIZES)
def test_discarding_leaves_nothing(store, size):
    staged = stage_blob(in_chunks(content(size)), store=store, staging_key=STAGING)

    discard_blob(staged, store=store)

    assert is_empty(store)


@pytest.mark.parametrize("size", SIZES)
def test_no_blob_is_visible_before_it_is_committed(store, size):
    staged = stage_blob(in_chunks(content(size)), store=store, staging_key=STAGING)
    assert keys(store, "blobs/") == set()

    commit_blob(staged, store=store)

    assert keys(store) == {blob_key(staged.digest.sha256)}
