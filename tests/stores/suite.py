"""Test suites that every store must pass. A store's test module defines fixtures and subclasses of them."""

from __future__ import annotations

import hashlib
import time
import tracemalloc
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from sessions_app.storage.errors import (
    KeyRefusedError,
    ObjectDamagedError,
    ObjectMissingError,
    PartBusyError,
    PartsRefusedError,
    StoreError,
    StoreUnavailableError,
)
from sessions_app.storage.extractors import get_object_extractor
from sessions_app.storage.keys import blob_key
from sessions_app.storage.part_sizes import MAX_PART_SIZE
from sessions_app.storage.store import (
    CHUNK_SIZE,
    PART_SIZE,
    BlobStore,
    DirectParts,
    Part,
)
from tests.services.waits import LIMIT

MIB = 1024 * 1024


class Interrupted(BaseException):
    """Like a worker's time limit or Ctrl-C: not an Exception."""


def put(store: BlobStore, key: str, data: bytes) -> None:
    with store.writer(key) as writer:
        writer.write(data)


def get(store: BlobStore, key: str) -> bytes:
    return b"".join(store.read(key, 0, store.size(key)))


def keys(store: BlobStore, prefix: str = "") -> set[str]:
    return {found.key for found in store.list(prefix)}


def is_empty(store: BlobStore) -> bool:
    return not keys(store) and not list(store.open_uploads(""))


def megabytes(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield number.to_bytes(4, "big") * (MIB // 4)


def join_any(store: BlobStore, key: str, upload: str, candidates: list[Part]) -> None:
    """Complete an upload of one part with the candidate that was written last."""
    for part in candidates:
        with suppress(PartsRefusedError):  # S3 accepts the last one only
            store.complete(key, upload, [part])
            return
    raise AssertionError(candidates)


def send(url: str, data: bytes | None, *, method: str = "PUT") -> int:
    """Send a part without credentials, and return the response's status."""
    request = urllib.request.Request(url, data=data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT) as response:
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except urllib.error.URLError as error:
        if isinstance(
            error.reason, ConnectionError
        ):  # the server closed the connection instead of reading a body that it refuses
            return 400
        raise


REFUSED = range(400, 500)


class ReadingSuite:
    def test_a_written_object_can_be_read(self, store):
        put(store, "blobs/ab/one", b"some bytes")

        assert store.size("blobs/ab/one") == 10
        assert get(store, "blobs/ab/one") == b"some bytes"

    def test_an_empty_object_is_an_object(self, store):
        put(store, "blobs/ab/empty", b"")

        assert store.size("blobs/ab/empty") == 0
        assert list(store.read("blobs/ab/empty", 0, 0)) == []

    def test_a_range_is_half_open(self, store):
        put(store, "a/digits", b"0123456789")

        assert b"".join(store.read("a/digits", 3, 7)) == b"3456"
        assert b"".join(store.read("a/digits", 9, 10)) == b"9"
        assert list(store.read("a/digits", 4, 4)) == []

    def test_chunks_are_of_limited_size(self, store):
        data = b"".join(megabytes(3)) + b"rest"
        put(store, "a/long", data)

        chunks = list(store.read("a/long", 5, len(data)))

        assert max(map(len, chunks)) <= CHUNK_SIZE
        assert b"".join(chunks) == data[5:]

    def test_reading_may_stop_early(self, store):
        put(store, "a/long", b"".join(megabytes(3)))

        chunks = store.read("a/long", 0, 3 * MIB)
        assert next(chunks)
        chunks.close()

        assert store.size("a/long") == 3 * MIB

    @pytest.mark.parametrize("end", [0, 1])
    def test_a_missing_object_raises_an_error(self, store, end):
        with pytest.raises(ObjectMissingError) as error:
            store.size("blobs/ab/none")
        assert error.value.key == "blobs/ab/none"
        with pytest.raises(ObjectMissingError):
            list(store.read("blobs/ab/none", 0, end))

    def test_there_is_no_object_below_an_object(self, store):
        put(store, "a/file", b"bytes")

        with pytest.raises(ObjectMissingError):
            store.size("a/file/below")
        with pytest.raises(ObjectMissingError):
            list(store.read("a/file/below", 0, 1))
        assert list(store.list("a/file/")) == []

    def test_a_folder_is_not_an_object(self, store):
        put(store, "a/b/file", b"bytes")

        with pytest.raises(ObjectMissingError):
            store.size("a/b")
        with pytest.raises(ObjectMissingError):
            list(store.read("a/b", 0, 1))
        store.delete("a/b")
        assert keys(store) == {"a/b/file"}

    @pytest.mark.parametrize("start", [0, 99, 100, 150])
    def test_a_range_beyond_the_end_raises_an_error(self, store, start):
        put(store, "a/short", bytes(100))

        with pytest.raises(StoreUnavailableError):
            list(store.read("a/short", start, 200))

    @pytest.mark.parametrize(
        "key",
        ["", "/etc/passwd", "../up", "a/../../up", "a//b", "a/", ".hidden", "a/.b.1.parts", "a\\b", "a\0b"],
    )
    def test_a_key_that_is_not_a_plain_path_is_refused(self, store, key):
        for use in (store.size, store.delete, store.begin, lambda key: put(store, key, b"")):
            with pytest.raises(KeyRefusedError):
                use(key)
        for use in (store.promote, lambda one, other: store.promote(other, one)):
            with pytest.raises(KeyRefusedError):
                use(key, "a/plain")
        with pytest.raises(KeyRefusedError):
            list(store.read(key, 0, 1))


class WritingSuite:
    def test_an_object_appears_when_it_is_complete(self, store):
        with store.writer("a/new") as writer:
            assert writer.write(b"first ") == 6
            assert writer.write(memoryview(b"second")) == 6
            assert keys(store) == set()
            with pytest.raises(ObjectMissingError):
                store.size("a/new")

        assert get(store, "a/new") == b"first second"

    @pytest.mark.parametrize("written", [0, 10, 9 * MIB])
    @pytest.mark.parametrize(
        "raised", [OSError("the sender disconnected"), Interrupted()], ids=["error", "exit"]
    )
    def test_nothing_remains_after_an_exception(self, store, written, raised):
        def fail() -> None:
            with store.writer("a/half") as writer:
                writer.write(bytes(written))
                raise raised

        with pytest.raises(type(raised)) as error:
            fail()

        assert error.value is raised
        assert is_empty(store)

    def test_many_small_objects_are_stored_at_once(self, store):
        put(store, "blobs/ab/there", b"first")
        objects = [(f"blobs/{number % 3:02}/{number}", b"x" * number) for number in range(20)]

        store.put_all([*objects, ("blobs/ab/there", b"second")])

        assert {key: get(store, key) for key, _ in objects} == dict(objects)
        assert get(store, "blobs/ab/there") == b"first"
        store.put_all(objects)
        store.put_all([])
        with pytest.raises(KeyRefusedError):
            store.put_all([("blobs/../x", b"")])

    def test_small_objects_are_stored_while_their_folder_is_removed_and_created(self, store):
        with ThreadPoolExecutor(4) as threads:

            def store_and_delete(number: int) -> None:
                for _ in range(30):
                    store.put_all([(f"blobs/ab/{number}", b"x")])
                    assert get(store, f"blobs/ab/{number}") == b"x"
                    store.delete(f"blobs/ab/{number}")

            list(threads.map(store_and_delete, range(4)))

    def test_an_existing_object_is_not_replaced(self, store):
        put(store, "a/existing", b"the first")

        put(store, "a/existing", b"the second")
        with store.writer("a/existing") as writer:
            for chunk in megabytes(9):
                writer.write(chunk)

        assert get(store, "a/existing") == b"the first"
        assert not list(store.open_uploads(""))

    def test_promoting_moves_to_the_final_key(self, store):
        put(store, "staging/job-1/x", b"content")

        store.promote("staging/job-1/x", "blobs/ab/final")

        assert keys(store) == {"blobs/ab/final"}
        assert get(store, "blobs/ab/final") == b"content"

    def test_an_object_to_be_promoted_need_not_be_durable(self, store):
        with store.writer("staging/job-1/x", durable=False) as writer:
            writer.write(b"content")
        assert get(store, "staging/job-1/x") == b"content"

        store.promote("staging/job-1/x", "blobs/ab/final")

        assert keys(store) == {"blobs/ab/final"}
        assert get(store, "blobs/ab/final") == b"content"

    def test_promoting_again_changes_nothing(self, store):
        put(store, "staging/job-1/x", b"content")

        store.promote("staging/job-1/x", "blobs/ab/final")
        store.promote("staging/job-1/x", "blobs/ab/final")

        assert keys(store) == {"blobs/ab/final"}

    def test_promoting_never_overwrites(self, store):
        put(store, "blobs/ab/final", b"the first")
        put(store, "staging/job-1/x", b"the second")

        store.promote("staging/job-1/x", "blobs/ab/final")

        assert keys(store) == {"blobs/ab/final"}
        assert get(store, "blobs/ab/final") == b"the first"

    def test_promoting_a_missing_object_raises_an_error(self, store):
        with pytest.raises(ObjectMissingError):
            store.promote("staging/job-1/none", "blobs/ab/final")

        assert is_empty(store)

    def test_equal_content_may_be_promoted_concurrently(self, store):
        staged = [f"staging/job-{number // 2}/x" for number in range(8)]
        for key in set(staged):
            put(store, key, b"the same")

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda key: store.promote(key, blob_key("ab" * 32)), staged))

        assert keys(store) == {blob_key("ab" * 32)}
        assert get(store, blob_key("ab" * 32)) == b"the same"

    def test_equal_content_may_be_written_concurrently(self, store):
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: put(store, "blobs/ab/same", b"the same"), range(8)))

        assert get(store, "blobs/ab/same") == b"the same"
        assert not list(store.open_uploads(""))


class PartsSuite:
    def test_parts_arrive_in_any_order_and_repeatedly(self, store):
        size = PART_SIZE
        upload = store.begin("staging/upload-1/x")

        last = store.put_part("staging/upload-1/x", upload, 3, [b"the ", b"end"])
        store.put_part("staging/upload-1/x", upload, 1, [bytes(size)])
        middle = store.put_part("staging/upload-1/x", upload, 2, [b"b" * size])
        first = store.put_part("staging/upload-1/x", upload, 1, [b"a" * (size - 1), b"a"])
        assert keys(store) == set()
        store.complete("staging/upload-1/x", upload, [first, middle, last])

        assert [part.size for part in (first, middle, last)] == [size, size, 7]
        assert keys(store) == {"staging/upload-1/x"}
        assert not list(store.open_uploads(""))
        content = get(store, "staging/upload-1/x")
        assert (content[:size], content[size : 2 * size]) == (b"a" * size, b"b" * size)
        assert content[2 * size :] == b"the end"

    def test_parts_of_a_very_large_object_are_larger(self, store):
        size = 2 * PART_SIZE
        upload = store.begin("staging/upload-1/x")

        with pytest.raises(PartsRefusedError):
            store.put_part("staging/upload-1/x", upload, 1, [bytes(size), b"x"], part_size=size)
        last = store.put_part("staging/upload-1/x", upload, 2, [b"the end"], part_size=size)
        first = store.put_part("staging/upload-1/x", upload, 1, [b"a" * size], part_size=size)
        with pytest.raises(PartsRefusedError):
            store.complete("staging/upload-1/x", upload, [first, last])
        store.complete("staging/upload-1/x", upload, [first, last], part_size=size)

        content = get(store, "staging/upload-1/x")
        assert (content[:size] == b"a" * size, content[size:]) == (True, b"the end")

    def test_a_shorter_last_part_replaces_a_longer_one(self, store):
        upload = store.begin("staging/upload-1/x")

        store.put_part("staging/upload-1/x", upload, 1, [b"a longer one"])
        part = store.put_part("staging/upload-1/x", upload, 1, [b"shorter"])
        store.complete("staging/upload-1/x", upload, [part])

        assert get(store, "staging/upload-1/x") == b"shorter"

    def test_an_interrupted_part_leaves_the_earlier_one(self, store):
        def broken() -> Iterator[bytes]:
            yield b"second"
            raise ConnectionResetError

        upload = store.begin("staging/upload-1/x")
        part = store.put_part("staging/upload-1/x", upload, 1, [b"first"])

        with pytest.raises(ConnectionResetError):
            store.put_part("staging/upload-1/x", upload, 1, broken())
        store.complete("staging/upload-1/x", upload, [part])

        assert get(store, "staging/upload-1/x") == b"first"

    def test_no_parts_make_an_empty_object(self, store):
        upload = store.begin("staging/upload-1/x")

        store.complete("staging/upload-1/x", upload, [])

        assert store.size("staging/upload-1/x") == 0
        assert not list(store.open_uploads(""))

    def test_completing_again_changes_nothing(self, store):
        upload = store.begin("staging/upload-1/x")
        part = store.put_part("staging/upload-1/x", upload, 1, [b"whole"])

        store.complete("staging/upload-1/x", upload, [part])
        store.complete("staging/upload-1/x", upload, [part])

        assert get(store, "staging/upload-1/x") == b"whole"

    def test_an_aborted_upload_leaves_nothing(self, store):
        upload = store.begin("staging/upload-1/x")
        part = store.put_part("staging/upload-1/x", upload, 1, [b"bytes"])

        store.abort("staging/upload-1/x", upload)
        store.abort("staging/upload-1/x", upload)

        assert is_empty(store)
        with pytest.raises(ObjectMissingError):
            store.put_part("staging/upload-1/x", upload, 1, [b"late"])
        with pytest.raises(ObjectMissingError):
            store.complete("staging/upload-1/x", upload, [part])
        assert is_empty(store)

    def test_open_uploads_are_found(self, store):
        one, two, other = (store.begin(f"staging/upload-{name}/x") for name in ("1", "1", "2"))

        found = {(upload.key, upload.upload_id) for upload in store.open_uploads("staging/upload-1/")}

        assert found == {("staging/upload-1/x", one), ("staging/upload-1/x", two)}
        store.abort("staging/upload-1/x", one)
        store.abort("staging/upload-1/x", two)
        store.abort("staging/upload-2/x", other)
        assert is_empty(store)

    @pytest.mark.parametrize("number", [0, -1, 10_001])
    def test_a_number_out_of_range_is_refused(self, store, number):
        upload = store.begin("staging/upload-1/x")

        with pytest.raises(PartsRefusedError):
            store.put_part("staging/upload-1/x", upload, number, [b"bytes"])
        store.abort("staging/upload-1/x", upload)

    def test_a_part_that_is_too_large_is_refused(self, store):
        upload = store.begin("staging/upload-1/x")

        with pytest.raises(PartsRefusedError):
            store.put_part("staging/upload-1/x", upload, 1, [bytes(PART_SIZE), b"x"])
        store.abort("staging/upload-1/x", upload)

    def test_parts_with_a_gap_are_refused(self, store):
        upload = store.begin("staging/upload-1/x")
        parts = [store.put_part("staging/upload-1/x", upload, number, [b"bytes"]) for number in (1, 3)]

        with pytest.raises(PartsRefusedError):
            store.complete("staging/upload-1/x", upload, parts)
        with pytest.raises(PartsRefusedError):
            store.complete("staging/upload-1/x", upload, [parts[0], parts[0]])

        store.abort("staging/upload-1/x", upload)
        assert is_empty(store)

    def test_a_short_part_before_the_last_is_refused(self, store):
        upload = store.begin("staging/upload-1/x")
        parts = [store.put_part("staging/upload-1/x", upload, number, [b"bytes"]) for number in (1, 2)]

        with pytest.raises(PartsRefusedError):
            store.complete("staging/upload-1/x", upload, parts)
        store.abort("staging/upload-1/x", upload)

    def test_writers_of_one_part_never_mix_their_bytes(self, store):
        upload = store.begin("staging/upload-1/x")

        sent: list[Part] = []

        def send_part(fill: bytes) -> None:
            with suppress(PartBusyError):
                sent.append(store.put_part("staging/upload-1/x", upload, 1, [fill * CHUNK_SIZE] * 8))

        fills = [bytes([number]) for number in range(8)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(send_part, fills))
        join_any(store, "staging/upload-1/x", upload, sent)

        assert get(store, "staging/upload-1/x") in {fill * CHUNK_SIZE * 8 for fill in fills}

    def test_different_parts_are_written_concurrently(self, store):
        size = PART_SIZE
        upload = store.begin("staging/upload-1/x")

        with ThreadPoolExecutor(4) as threads:
            parts = list(
                threads.map(
                    lambda number: store.put_part(
                        "staging/upload-1/x", upload, number, [bytes([number]) * size]
                    ),
                    range(1, 5),
                )
            )
        store.complete("staging/upload-1/x", upload, parts)

        assert get(store, "staging/upload-1/x") == b"".join(bytes([number]) * size for number in range(1, 5))

    def test_concurrent_completion_makes_one_object(self, store):
        upload = store.begin("staging/upload-1/x")
        part = store.put_part("staging/upload-1/x", upload, 1, [b"whole"])

        def complete(_: int) -> None:
            with suppress(PartBusyError):
                store.complete("staging/upload-1/x", upload, [part])

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(complete, range(8)))

        assert get(store, "staging/upload-1/x") == b"whole"
        assert not list(store.open_uploads(""))


class DirectPartsSuite:
    """For stores with signed URLs for parts: needs a ``direct`` fixture.

    Runs against a real server: refusals cannot be tested with a stub.
    """

    KEY = "staging/upload-1/x"

    @staticmethod
    def get_signer(direct: BlobStore) -> DirectParts:
        assert direct.capabilities.direct_parts
        return direct.capabilities.direct_parts

    @pytest.fixture
    def upload(self, direct):
        upload = direct.begin(self.KEY)
        yield upload
        direct.abort(self.KEY, upload)

    def sign(self, direct: BlobStore, upload: str, number: int = 1, *, size: int = 5, **more) -> str:
        signed = self.get_signer(direct).sign_part(
            self.KEY, upload, number, size=size, **{"expires_in": timedelta(minutes=5), **more}
        )
        assert signed.headers == {}
        return signed.url

    def parts(self, direct: BlobStore, upload: str) -> list[Part]:
        return self.get_signer(direct).list_parts(self.KEY, upload)

    def test_parts_sent_to_the_store_become_an_object(self, direct, upload):
        size = PART_SIZE
        first, last = b"a" * size, b"the end"

        assert send(self.sign(direct, upload, 2, size=7), last) == 200
        assert send(self.sign(direct, upload, 1, size=size), first) == 200
        assert send(self.sign(direct, upload, 1, size=size), first) == 200
        parts = self.parts(direct, upload)
        direct.complete(self.KEY, upload, parts)

        assert [(part.number, part.size) for part in parts] == [(1, size), (2, 7)]
        assert get(direct, self.KEY) == first + last

    def test_parts_of_a_very_large_object_are_larger(self, direct, upload):
        size = 2 * PART_SIZE

        assert send(self.sign(direct, upload, 1, size=size), b"a" * size) == 200
        assert send(self.sign(direct, upload, 2, size=7), b"the end") == 200
        direct.complete(self.KEY, upload, self.parts(direct, upload), part_size=size)

        assert direct.size(self.KEY) == size + 7

    def test_parts_sent_through_the_portal_are_listed_as_well(self, direct, upload):
        assert self.parts(direct, upload) == []

        through = direct.put_part(self.KEY, upload, 2, [b"through"])
        assert send(self.sign(direct, upload), b"first") == 200

        parts = self.parts(direct, upload)
        assert [part.number for part in parts] == [1, 2]
        assert parts[1] == through

    def test_a_part_may_be_sent_again_until_the_url_expires(self, direct, upload):
        url = self.sign(direct, upload)

        assert send(url, b"part.") == 200
        assert send(url, b"part.") == 200
        direct.complete(self.KEY, upload, self.parts(direct, upload))

        assert get(direct, self.KEY) == b"part."

    @pytest.mark.parametrize("sent", [b"", b"four", b"sixsix", bytes(MIB)])
    def test_a_part_of_another_length_is_refused(self, direct, upload, sent):
        assert send(self.sign(direct, upload), sent) in REFUSED
        assert self.parts(direct, upload) == []

    @pytest.mark.parametrize(
        ("signed", "forged"),
        [
            ("partNumber=1", "partNumber=2"),
            ("uploadId=", "uploadId=x"),
            ("upload-1", "upload-2"),
            ("X-Amz-Expires=300", "X-Amz-Expires=30000"),
            ("content-length%3Bhost", "host"),
            ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ],
    )
    def test_a_modified_url_is_refused(self, direct, upload, signed, forged):
        url = self.sign(direct, upload)
        assert url.count(signed) == 1

        assert send(url.replace(signed, forged), b"bytes") in REFUSED
        assert self.parts(direct, upload) == []

    def test_a_url_permits_nothing_but_sending(self, direct, upload):
        url = self.sign(direct, upload)

        for method in ("GET", "DELETE", "POST"):
            status = send(url, None if method == "GET" else b"bytes", method=method)
            assert status >= 400, method
        assert self.parts(direct, upload) == []

    def test_an_expired_url_is_refused(self, direct, upload, monkeypatch):
        url = self.sign(direct, upload, expires_in=timedelta(seconds=1))
        while send(url, b"bytes") == 200:
            time.sleep(0.1)

        assert send(url, b"bytes") in REFUSED

    def test_a_signed_part_has_an_expiry_time(self, direct, upload):
        signed = self.get_signer(direct).sign_part(self.KEY, upload, 1, size=5, expires_in=timedelta(hours=2))

        assert abs(signed.expires_at - datetime.now(tz=UTC) - timedelta(hours=2)) < timedelta(minutes=1)

    def test_an_aborted_upload_accepts_no_parts(self, direct):
        upload = direct.begin(self.KEY)
        url = self.sign(direct, upload)
        direct.abort(self.KEY, upload)

        assert send(url, b"bytes") in REFUSED
        with pytest.raises(ObjectMissingError):
            self.parts(direct, upload)
        assert is_empty(direct)

    def test_a_part_sent_after_completion_never_becomes_part_of_the_object(self, direct, upload):
        url = self.sign(direct, upload)
        send(url, b"first")
        direct.complete(self.KEY, upload, self.parts(direct, upload))

        send(url, b"later")

        with suppress(ObjectDamagedError):  # Swift accepts the part, and cannot read the object any more
            assert get(direct, self.KEY) == b"first"

    @pytest.mark.parametrize(("number", "size"), [(0, 5), (10_001, 5), (1, 0), (1, MAX_PART_SIZE + 1)])
    def test_an_invalid_part_is_not_signed(self, direct, number, size):
        with pytest.raises(PartsRefusedError):
            self.sign(direct, "upload", number, size=size)

    def test_urls_start_with_the_origin(self, direct):
        assert self.sign(direct, "upload").startswith(f"{self.get_signer(direct).origin}/")


class ListingSuite:
    def test_listing_includes_subfolders(self, store):
        put(store, "staging/job-1/a", b"1")
        put(store, "staging/job-1/deep/b", b"22")
        put(store, "staging/job-10/c", b"333")

        assert {(found.key, found.size) for found in store.list("staging/job-1/")} == {
            ("staging/job-1/a", 1),
            ("staging/job-1/deep/b", 2),
        }
        assert keys(store) == {"staging/job-1/a", "staging/job-1/deep/b", "staging/job-10/c"}
        assert keys(store, "nothing/") == set()

    def test_listing_requires_a_folder(self, store):
        with pytest.raises(KeyRefusedError):
            list(store.list("staging/jo"))
        with pytest.raises(KeyRefusedError):
            list(store.open_uploads("../"))

    def test_deleting_removes_an_object(self, store):
        put(store, "a/one", b"1")
        put(store, "a/two", b"2")

        store.delete("a/one")
        store.delete("a/one")

        assert keys(store) == {"a/two"}

    def test_many_objects_are_deleted_at_once(self, store):
        keys = [f"blobs/{number % 3:02x}/{number:064x}" for number in range(7)]
        store.put_all([(key, b"x") for key in [*keys, "blobs/00/other"]])

        store.delete_all([*keys, "blobs/07/missing", "missing/key"])
        store.delete_all([])

        assert [stored.key for stored in store.list("blobs/")] == ["blobs/00/other"]

    def test_objects_may_be_stored_and_deleted_concurrently(self, store):
        def store_and_delete(number: int) -> None:
            for _ in range(3):
                put(store, f"staging/job/{number}", b"here")
                store.promote(f"staging/job/{number}", f"blobs/ab/{number}")
                store.delete(f"blobs/ab/{number}")

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(store_and_delete, range(8)))

        assert is_empty(store)


class StoreSuite(ReadingSuite, WritingSuite, PartsSuite, ListingSuite):
    pass


class CopyingSuite:
    """For stores that copy ranges: needs a ``copying`` fixture."""

    def test_parts_may_be_sent_and_copied_in_any_order(self, copying):
        source = b"".join(megabytes(14))
        put(copying, "blobs/ab/source", source)
        sent = bytearray(b"sent") * (5 * MIB // 4)
        copier = copying.capabilities.server_side_copy("blobs/ab/large")

        with copier.create_object("exports/x.zip") as new, ThreadPoolExecutor(4) as threads:
            futures = [
                threads.submit(new.send, 4, bytearray(b"the end")),
                threads.submit(new.copy, 3, "blobs/ab/source", 8 * MIB + 1, 14 * MIB),
                threads.submit(new.copy, 1, "blobs/ab/source", 17, 17 + 8 * MIB),
                threads.submit(new.send, 2, sent),
            ]
            for future in futures:
                future.result()
            assert keys(copying) == {"blobs/ab/source"}

        expected = source[17 : 17 + 8 * MIB] + sent + source[8 * MIB + 1 :] + b"the end"
        assert get(copying, "exports/x.zip") == expected
        assert not list(copying.open_uploads(""))

    @pytest.mark.parametrize("raised", [OSError("no"), Interrupted()], ids=["error", "exit"])
    def test_nothing_remains_after_an_exception(self, copying, raised):
        put(copying, "blobs/ab/source", bytes(MIB))
        copier = copying.capabilities.server_side_copy("blobs/ab/large")

        def fail() -> None:
            with copier.create_object("exports/x.zip") as new:
                new.copy(1, "blobs/ab/source", 0, MIB)
                new.send(2, bytearray(b"bytes"))
                raise raised

        with pytest.raises(type(raised)):
            fail()

        assert keys(copying) == {"blobs/ab/source"}
        assert not list(copying.open_uploads(""))

    def test_an_existing_object_is_not_replaced(self, copying):
        put(copying, "exports/x.zip", b"the first")

        with copying.capabilities.server_side_copy("blobs/ab/large").create_object("exports/x.zip") as new:
            new.send(1, bytearray(b"the second one"))

        assert get(copying, "exports/x.zip") == b"the first"
        assert not list(copying.open_uploads(""))

    def test_a_missing_source_raises_an_error(self, copying):
        copier = copying.capabilities.server_side_copy("blobs/ab/large")

        with pytest.raises(ObjectMissingError) as error, copier.create_object("exports/x.zip") as new:
            new.copy(1, "blobs/ab/none", 0, 10)

        assert error.value.key == "blobs/ab/none"
        assert is_empty(copying)

    def test_a_range_beyond_the_end_of_the_source_fails(self, copying):
        put(copying, "blobs/ab/source", bytes(6 * MIB))
        copier = copying.capabilities.server_side_copy("blobs/ab/large")

        with pytest.raises(StoreError), copier.create_object("exports/x.zip") as new:
            new.copy(1, "blobs/ab/source", MIB, 6 * MIB + 1)

        assert keys(copying) == {"blobs/ab/source"}
        assert not list(copying.open_uploads(""))

    def test_a_small_part_before_the_last_fails(self, copying):
        copier = copying.capabilities.server_side_copy("blobs/ab/large")

        def send_small_part() -> None:
            with copier.create_object("exports/x.zip") as new:
                new.send(1, bytearray(b"small"))
                new.send(2, bytearray(b"the end"))

        with pytest.raises(StoreError):
            send_small_part()

        assert is_empty(copying)


class ExtractionSuite:
    """For stores that extract objects from others: needs a ``copying`` fixture."""

    @pytest.fixture
    def source(self, copying):
        data = b"".join(megabytes(14)) + b"the end"
        put(copying, "staging/upload-1/x", data)
        return data

    @pytest.fixture
    def extractor(self, copying, source):
        extractor = get_object_extractor(
            copying, "staging/upload-1/x", len(source), scratch="staging/job-1/scratch"
        )
        assert keys(copying) == {"staging/upload-1/x"}
        return extractor

    @pytest.mark.parametrize(
        ("start", "end"),
        [(0, 14 * MIB), (4096, 13 * MIB), (17, 6 * MIB + 1), (13 * MIB, 14 * MIB + 7), (5, 6)],
    )
    def test_a_range_becomes_an_object(self, copying, source, extractor, start, end):
        counted: list[int] = []

        extractor.extract("blobs/ab/one", start, end, on_bytes=counted.append)

        assert get(copying, "blobs/ab/one") == source[start:end]
        assert sum(counted) == end - start
        assert keys(copying) == {"staging/upload-1/x", "blobs/ab/one"}
        assert not list(copying.open_uploads(""))

    def test_an_existing_object_is_not_replaced(self, copying, extractor):
        put(copying, "blobs/ab/one", b"the first")

        extractor.extract("blobs/ab/one", 0, 8 * MIB, on_bytes=lambda _: None)

        assert get(copying, "blobs/ab/one") == b"the first"
        assert not list(copying.open_uploads(""))

    def test_ranges_are_extracted_concurrently(self, copying, source, extractor):
        bounds = {f"blobs/ab/{start}": (start * MIB, (start + 2) * MIB) for start in range(0, 12, 2)}

        with ThreadPoolExecutor(4) as threads:
            futures = [
                threads.submit(extractor.extract, key, start, end, on_bytes=lambda _: None)
                for key, (start, end) in bounds.items()
            ]
            for future in futures:
                future.result()

        for key, (start, end) in bounds.items():
            assert get(copying, key) == source[start:end]

    def test_nothing_remains_after_an_exception(self, copying, extractor):
        def cancel(count: int) -> None:
            raise Interrupted

        with pytest.raises(Interrupted):
            extractor.extract("blobs/ab/one", 0, 14 * MIB, on_bytes=cancel)

        assert keys(copying) == {"staging/upload-1/x"}
        assert not list(copying.open_uploads(""))

    def test_a_missing_or_short_source_raises_an_error(self, copying, source, extractor):
        with pytest.raises(StoreError):
            extractor.extract("blobs/ab/one", 8 * MIB, len(source) + 1, on_bytes=lambda _: None)
        copying.delete("staging/upload-1/x")
        with pytest.raises(StoreError):
            extractor.extract("blobs/ab/one", 0, 8 * MIB, on_bytes=lambda _: None)

        assert is_empty(copying)


class FlatMemorySuite:
    """For stores that do not hold objects in memory."""

    memory_limit: int

    def test_a_large_object_uses_little_memory(self, store):
        expected = hashlib.sha256(b"".join(megabytes(40))).digest()
        actual = hashlib.sha256()
        tracemalloc.start()
        try:
            with store.writer("a/large", size=40 * MIB) as writer:
                for chunk in megabytes(40):
                    writer.write(chunk)
            for chunk in store.read("a/large", 0, 40 * MIB):
                actual.update(chunk)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

        assert actual.digest() == expected
        assert peak < self.memory_limit
