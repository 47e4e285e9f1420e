from __future__ import annotations

import hashlib
import os
import zlib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import permutations
from multiprocessing import get_context

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from dubbing_core.digests import Digest
from sessions_app.storage import filesystem, received_digest
from sessions_app.storage.filesystem import FileSystemStore
from sessions_app.storage.received_digest import MAX_PARTS_PER_CALL
from sessions_app.storage.resumable_sha256 import ResumableSha256
from tests.stores.suite import is_empty, keys

KEY = "staging/upload-1/file"
SIZE = 1000
"""Bytes of a part: a state in the middle of a block."""


@pytest.fixture
def root(tmp_path):
    return tmp_path / "storage"


@pytest.fixture
def store(root):
    return open_store(root)


def open_store(root):
    return FileSystemStore(FileSystemStorage(location=root))


def content(number, size=SIZE):
    return bytes([number]) * size


def put(store, upload, number, data=None):
    return store.put_part(KEY, upload, number, [data or content(number)], part_size=SIZE)


def put_elsewhere(root, upload, number):
    """Store a part in another process, where Django is not set up."""
    settings.configure()
    return put(open_store(root), upload, number)


def refuse_reading(*args):
    raise AssertionError(args)


def digest_of(data):
    return Digest(sha256=hashlib.sha256(data).hexdigest(), crc32=zlib.crc32(data), size=len(data))


def whole(count):
    return b"".join(content(number) for number in range(1, count + 1))


class TestDigestOfReceivedParts:
    @pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
    def test_is_that_of_the_object(self, store, order):
        upload = store.begin(KEY, hashed=True)
        parts = {number: put(store, upload, number) for number in order}

        found = store.complete(KEY, upload, [parts[number] for number in (1, 2, 3)], part_size=SIZE)

        assert found == digest_of(whole(3))
        assert keys(store) == {KEY}
        assert not list(store.open_uploads(""))

    def test_of_parts_in_order_reads_nothing(self, store, monkeypatch):
        upload = store.begin(KEY, hashed=True)
        monkeypatch.setattr(filesystem, "_read_part", refuse_reading)

        parts = [put(store, upload, number) for number in range(1, 20)]

        assert store.complete(KEY, upload, parts, part_size=SIZE) == digest_of(whole(19))

    def test_does_not_depend_on_the_process(self, root, store):
        upload = store.begin(KEY, hashed=True)
        parts = [put(store, upload, 1)]
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            parts.append(process.submit(put_elsewhere, root, upload, 2).result())
        parts.append(put(store, upload, 3))

        assert store.complete(KEY, upload, parts, part_size=SIZE) == digest_of(whole(3))

    def test_of_parts_that_arrive_at_once_is_right_or_unknown(self, root, store):
        upload = store.begin(KEY, hashed=True)
        numbers = range(1, 41)
        with ThreadPoolExecutor(3) as threads:
            parts = list(threads.map(lambda number: put(open_store(root), upload, number), numbers))

        # Unknown if a thread waits so long that its part is too far behind.
        assert store.complete(KEY, upload, parts, part_size=SIZE) in {digest_of(whole(40)), None}

    def test_is_unknown_if_the_first_part_is_far_behind(self, store):
        upload = store.begin(KEY, hashed=True)
        last = MAX_PARTS_PER_CALL + 2
        later = [put(store, upload, number) for number in range(2, last + 1)]
        parts = [put(store, upload, 1), *later]

        assert store.complete(KEY, upload, parts, part_size=SIZE) is None
        assert b"".join(store.read(KEY, 0, last * SIZE)) == whole(last)

    @pytest.mark.parametrize("data", [content(1), content(9), content(9, size=5)])
    def test_is_unknown_if_a_hashed_part_is_sent_again(self, store, data):
        upload = store.begin(KEY, hashed=True)
        put(store, upload, 1)
        part = put(store, upload, 1, data)

        assert store.complete(KEY, upload, [part], part_size=SIZE) is None

    def test_contains_the_last_version_of_a_part_that_was_not_hashed(self, store):
        upload = store.begin(KEY, hashed=True)
        put(store, upload, 2, content(9))
        second = put(store, upload, 2)
        first = put(store, upload, 1)

        assert store.complete(KEY, upload, [first, second], part_size=SIZE) == digest_of(whole(2))

    def test_excludes_a_part_that_failed(self, store):
        upload = store.begin(KEY, hashed=True)
        first = put(store, upload, 1)
        with pytest.raises(OSError, match="network"):
            store.put_part(KEY, upload, 2, interrupted(), part_size=SIZE)
        second = put(store, upload, 2)

        assert store.complete(KEY, upload, [first, second], part_size=SIZE) == digest_of(whole(2))

    def test_is_unknown_after_a_restart_of_the_system(self, store, monkeypatch):
        upload = store.begin(KEY, hashed=True)
        first = put(store, upload, 1)
        monkeypatch.setattr(received_digest, "_identify_origin", lambda: bytes(16))
        parts = [first, put(store, upload, 2)]

        assert store.complete(KEY, upload, parts, part_size=SIZE) is None

    def test_is_unknown_if_its_file_is_damaged(self, root, store):
        upload = store.begin(KEY, hashed=True)
        parts = [put(store, upload, 1)]
        (file,) = (root / KEY).parent.glob(".*.digest")
        data = bytearray(file.read_bytes())
        data[40] ^= 1
        file.write_bytes(data)
        parts.append(put(store, upload, 2))

        assert store.complete(KEY, upload, parts, part_size=SIZE) is None

    def test_is_not_computed_unless_requested(self, store):
        upload = store.begin(KEY)

        assert store.complete(KEY, upload, [put(store, upload, 1)], part_size=SIZE) is None

    def test_leaves_nothing_when_the_upload_is_aborted(self, store):
        upload = store.begin(KEY, hashed=True)
        put(store, upload, 1)

        store.abort(KEY, upload)

        assert is_empty(store)


def interrupted():
    yield b"x"
    raise OSError("network")


class TestResumableSha256:
    @pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 1000, 100_000])
    def test_equals_hashlib_after_each_export(self, size):
        data = os.urandom(size)
        state = ResumableSha256().export()
        for start in range(0, size, 999):
            hasher = ResumableSha256(state)
            hasher.update(data[start : start + 999])
            state = hasher.export()

        hasher = ResumableSha256(state)
        assert hasher.hexdigest() == hasher.hexdigest() == hashlib.sha256(data).hexdigest()
