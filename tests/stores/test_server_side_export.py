from __future__ import annotations

import io
import pickle
import random
import signal
import subprocess
import sys
import textwrap
import tracemalloc
import zipfile
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from dubbing_core.digests import compute_digest
from dubbing_core.zips.layout import BlobMember, BlobRange, SegmentLayout, TextMember, plan_archive
from dubbing_core.zips.multipart import (
    LARGE_MEMBER_SIZE,
    PartLimits,
    UploadedPart,
    interleave_members,
    plan_parts,
)
from sessions_app.exports.assembly import assemble_object, delete_object
from sessions_app.exports.stream import stream_segments
from sessions_app.storage.errors import ObjectMissingError, PartsRefusedError, StoreUnavailableError
from sessions_app.storage.keys import blob_key
from sessions_app.storage.s3 import S3Store
from tests.stores.suite import MIB, get, keys
from tests.stores.traffic import Traffic
from tests.unit.core.zips.blobs import MODIFIED
from tests.unit.exports.archive import blob, content

KEY = "exports/x7.zip"
VARIANT = pytest.mark.variant
LARGE = {"final_videos/hi.mp4": 12 * MIB + 5, "mixed_videos/hi.mp4": 10 * MIB, "talk.mp4": 16 * MIB + 4099}
SMALL = {f"audio/{number:02}.wav": 400_000 + number for number in range(24)}


@pytest.fixture(scope="module")
def module_storage(new_storage):
    return new_storage()


@pytest.fixture(scope="module")
def layout(module_storage):
    """An archive of three large and 24 small files, whose blobs are in the bucket."""
    store = S3Store(module_storage)
    members: list[BlobMember | TextMember] = [TextMember(name="metadata.json", data=b"{}", modified=MODIFIED)]
    for name, size in {**LARGE, **SMALL}.items():
        data = random.Random(name).randbytes(size)
        digest = compute_digest([data])
        assert blob(store, data) == digest.sha256
        members.append(
            BlobMember(name=name, sha256=digest.sha256, size=size, crc32=digest.crc32, modified=MODIFIED)
        )
    yield plan_archive(interleave_members(members))
    for key in keys(store):
        store.delete(key)


@pytest.fixture(scope="module")
def large(layout):
    """The key of a large blob."""
    return next(
        blob_key(each.sha256)
        for each in layout.segments
        if isinstance(each, BlobRange) and each.size >= LARGE_MEMBER_SIZE
    )


@pytest.fixture(scope="module")
def expected(layout, module_storage):
    return content(layout, S3Store(module_storage))


@pytest.fixture
def make(module_storage, layout):
    """Creates stores on the bucket with the archive's blobs; checks that they leave nothing else."""
    yield lambda **options: S3Store(module_storage, **options)
    store = S3Store(module_storage)
    assert not list(store.open_uploads(""))
    store.delete(KEY)
    assert {key.partition("/")[0] for key in keys(store)} == {"blobs"}


def write(layout, store, on_bytes=lambda count: None):
    assemble_object(layout, KEY, store=store, on_bytes=on_bytes)


def is_clean(store):
    uploads = store.objects.client.list_multipart_uploads(
        Bucket=store.objects.bucket, Prefix=store.objects.get_name(KEY)
    )
    return not keys(store, "exports/") and not uploads.get("Uploads")


class TestAnExport:
    @pytest.mark.parametrize(
        "options",
        [
            {"server_side_copy": True},
            pytest.param({"server_side_copy": True, "uniform_parts": True}, marks=VARIANT),
            {"server_side_copy": False},
            pytest.param({"server_side_copy": None}, marks=VARIANT),
        ],
        ids=["copied", "copied in equal parts", "streamed", "copied after a test"],
    )
    def test_has_the_same_bytes_in_each_way(self, layout, expected, make, options):
        store = make(**options)
        counted: list[int] = []

        write(layout, store, counted.append)

        data = get(store, KEY)
        assert data == expected
        assert sum(counted) == layout.size
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None

    def test_passes_little_through_this_process(self, layout, make):
        store = make(server_side_copy=True)
        traffic = Traffic(store)
        parts = plan_parts(layout, limits=PartLimits())
        planned = sum(part.size for part in parts if isinstance(part, UploadedPart))
        overhead = 64 * 1024  # XML documents of the requests

        write(layout, store)

        assert planned <= 3 * 5 * MIB + 8 * 400_000
        assert planned <= traffic.sent <= planned + overhead
        assert traffic.received <= planned + overhead
        assert traffic.requests["UploadPartCopy"] == len(parts) - traffic.requests["UploadPart"]

    @pytest.mark.variant
    @pytest.mark.parametrize("copy", [True, False], ids=["copied", "streamed"])
    def test_uses_little_memory(self, layout, make, copy):
        store = make(server_side_copy=copy)
        tracemalloc.start()
        try:
            write(layout, store)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

        assert layout.size > 46 * MIB
        assert peak < 36 * MIB

    @pytest.mark.variant
    def test_that_is_streamed_passes_through_this_process(self, layout, make):
        store = make(server_side_copy=False)
        traffic = Traffic(store)

        write(layout, store)

        assert traffic.sent >= layout.size
        assert traffic.requests["UploadPartCopy"] == 0

    @pytest.mark.parametrize(
        "limit", [pytest.param(0, marks=VARIANT), 20 * MIB, pytest.param(40 * MIB, marks=VARIANT)]
    )
    @pytest.mark.parametrize("copy", [True, pytest.param(False, marks=VARIANT)], ids=["copied", "streamed"])
    def test_that_is_cancelled_leaves_nothing(self, layout, make, limit, copy):
        store = make(server_side_copy=copy)
        done = 0

        def cancel(count: int) -> None:
            nonlocal done
            done += count
            if done >= limit:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write(layout, store, cancel)

        assert is_clean(store)

    @pytest.mark.parametrize("size", [pytest.param(100, marks=VARIANT), 30 * MIB], ids=["small", "large"])
    def test_of_a_missing_blob_leaves_nothing(self, layout, make, size):
        store = make(server_side_copy=True)
        missing = BlobRange("ab" * 32, 0, size)
        segments = (*layout.segments[:-1], missing, layout.segments[-1])

        with pytest.raises(ObjectMissingError) as error:
            write(SegmentLayout(segments), store)

        assert error.value.key == blob_key("ab" * 32)
        assert is_clean(store)

    @pytest.mark.accident
    @pytest.mark.parametrize("operation", ["UploadPart", "UploadPartCopy", "CompleteMultipartUpload"])
    def test_leaves_nothing_when_the_store_fails(self, layout, make, operation):
        store = make(server_side_copy=True)
        fail_operation(store, operation, status=500, code="InternalError")

        with pytest.raises(StoreUnavailableError):
            write(layout, store)

        assert is_clean(store)

    def test_leaves_nothing_when_the_store_joins_wrongly(self, layout, make):
        store = make(server_side_copy=True)
        ignore_ranges(store)

        with pytest.raises(PartsRefusedError):
            write(layout, store)

        assert is_clean(store)

    @pytest.mark.accident
    def test_that_was_killed_can_be_discarded(self, layout, make, module_storage):
        store = make()
        program = """
            import pickle, sys, time
            from django.conf import settings
            settings.configure()
            from sessions_app.storage.s3 import S3Store
            from sessions_app.exports.assembly import assemble_object
            from tests.stores.buckets import storage_at
            options, layout, key = pickle.load(sys.stdin.buffer)

            def wait_to_be_killed(count):
                if count:
                    print("parts have arrived", flush=True)
                    time.sleep(60)

            store = S3Store(storage_at(**options), server_side_copy=True)
            assemble_object(layout, key, store=store, on_bytes=wait_to_be_killed)
        """
        names = ("endpoint_url", "access_key", "secret_key", "region_name", "bucket_name", "location")
        options = {name: getattr(module_storage, name) for name in names}
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(pickle.dumps((options, layout, KEY)))
            process.stdin.close()
            assert process.stdout.readline() == b"parts have arrived\n"
            process.send_signal(signal.SIGKILL)
        assert [upload.key for upload in store.open_uploads("exports/")] == [KEY]

        delete_object(KEY, store=store)

        assert is_clean(store)


class TestStream:
    def test_returns_any_range_of_the_object(self, layout, expected, make):
        store = make()
        for start, end in ((0, layout.size), (12_345, 30 * MIB), (layout.size - 10 * MIB, layout.size)):
            assert b"".join(stream_segments(layout.cut(start, end), reader=store)) == expected[start:end]

    def test_releases_connections_when_it_is_closed(self, layout, make):
        store = make()
        traffic = Traffic(store)
        chunks = stream_segments(layout.segments, reader=store)
        next(chunks)

        chunks.close()

        assert traffic.requests["GetObject"] < len(layout.blobs)


class TestCopySupport:
    def test_is_tested_once(self, make, large):
        store = make()
        traffic = Traffic(store)

        copiers = [store.capabilities.server_side_copy(large) for _ in range(3)]

        assert copiers[0] is not None
        assert copiers == [copiers[0]] * 3
        assert traffic.requests["UploadPartCopy"] == 1
        assert traffic.sent + traffic.received < MIB // 4

    @pytest.mark.parametrize("copy", [True, False])
    def test_is_not_tested_if_the_settings_define_it(self, make, large, copy):
        store = make(server_side_copy=copy)
        traffic = Traffic(store)

        assert (store.capabilities.server_side_copy(large) is not None) == copy
        assert not traffic.requests

    @pytest.mark.parametrize("status", [400, 403, 405, 501])
    def test_is_missing_if_the_store_refuses(self, make, large, status, caplog):
        store = make()
        fail_operation(store, "UploadPartCopy", status=status, code="NotImplemented")

        assert store.capabilities.server_side_copy(large) is None
        assert store._can_copy is False
        assert "exports pass through" in caplog.text

    @pytest.mark.parametrize("defect", ["no etag", pytest.param("whole object", marks=VARIANT)])
    def test_is_missing_if_the_store_only_pretends_and_exports_stream(
        self, layout, expected, make, defect, caplog
    ):
        store = make()
        if defect == "no etag":
            ignore_etags(store)
        else:
            ignore_ranges(store)
        traffic = Traffic(store)

        write(layout, store)

        assert get(store, KEY) == expected
        assert traffic.requests["UploadPartCopy"] <= 1
        assert store._can_copy is False

    def test_stays_unknown_if_the_sample_is_missing(self, make, caplog):
        store = make()

        assert store.capabilities.server_side_copy(blob_key("ab" * 32)) is None
        assert store._can_copy is None

    def test_stays_unknown_if_the_store_fails(self, make, large, caplog):
        store = make()
        fail_operation(store, "UploadPartCopy", status=500, code="InternalError")

        assert store.capabilities.server_side_copy(large) is None
        assert store._can_copy is None
        assert "could not be tested" in caplog.text


def fail_operation(store: S3Store, operation: str, *, status: int, code: str) -> None:
    """Make an operation of the store's server fail."""

    def refuse(**_: Any) -> Any:
        response = AWSResponse(store.objects.client.meta.endpoint_url, status, HTTPHeaders(), io.BytesIO())
        return response, {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}

    store.objects.client.meta.events.register(f"before-call.s3.{operation}", refuse)


def ignore_ranges(store: S3Store) -> None:
    """Make the server copy whole objects instead of ranges."""

    def remove_range(params: dict[str, Any], **_: Any) -> None:
        del params["headers"]["x-amz-copy-source-range"]

    store.objects.client.meta.events.register("before-call.s3.UploadPartCopy", remove_range)


def ignore_etags(store: S3Store) -> None:
    """Remove the copy result from responses, as rclone's server does."""

    def remove_result(parsed: dict[str, Any], **_: Any) -> None:
        parsed.pop("CopyPartResult", None)

    store.objects.client.meta.events.register("after-call.s3.UploadPartCopy", remove_result)
