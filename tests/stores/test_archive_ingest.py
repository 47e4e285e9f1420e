"""Ingest of archives on an object store: traffic of this process, and number of requests."""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
from functools import cache

import pytest

from sessions_app.models import Blob, Job
from sessions_app.operations.imports.request import request_file_import, request_import
from sessions_app.storage import get_store
from sessions_app.storage.s3 import S3Store
from tests.stores.suite import MIB, keys
from tests.stores.traffic import Traffic
from tests.world import World, stored_keys, zip_of_files

VARIANT = pytest.mark.variant
OPTIONS = ("endpoint_url", "access_key", "secret_key", "region_name", "bucket_name", "addressing_style")


@pytest.fixture
def portal_on(transactional_db, broker, settings, new_storage):
    """Create portals with a bucket; afterwards no multipart upload may be open in it."""
    storage = new_storage()

    def portal_on(**options: bool | None) -> World:
        connection = {name: getattr(storage, name) for name in OPTIONS}
        settings.BLOB_STORE = "sessions_app.storage.s3.S3Store"
        settings.BLOB_STORE_OPTIONS = options
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {
                "BACKEND": "storages.backends.s3.S3Storage",
                "OPTIONS": {**connection, "location": storage.location},
            },
        }
        return World.create()

    yield portal_on
    store = S3Store(storage)
    assert not list(store.open_uploads(""))
    for key in keys(store):
        store.delete(key)


def media(size: int, name: str) -> bytes:
    return random.Random(name).randbytes(size)


def imported_zip(world: World, data: bytes) -> tuple[Job, Traffic]:
    (upload,) = world.upload({"talk.zip": data})
    job = request_import(upload=upload, owner=world.alice, name="", now=world.clock())
    store = get_store()
    assert isinstance(store, S3Store)
    traffic = Traffic(store)
    return world.run(job), traffic


def files_of(job: Job, world: World) -> dict[str, bytes]:
    assert job.state == Job.State.SUCCEEDED, job.error_detail or job.error_message
    assert job.session is not None
    assert job.session.current is not None
    return world.files(job.session.current)


SIZES = {"final_videos/hi_final.mp4": 13 * MIB + 5, "audio/hi_audio.wav": 4 * MIB + 1}


@cache
def large_files() -> dict[str, bytes]:
    return {name: media(size, name) for name, size in SIZES.items()}


@cache
def large_archive(compression: int = 0) -> bytes:
    return zip_of_files(large_files(), compression=compression)


class TestLargeFiles:
    @pytest.fixture
    def files(self) -> dict[str, bytes]:
        return large_files()

    @pytest.mark.parametrize(
        "uniform", [pytest.param(True, marks=VARIANT), False], ids=["equal parts", "any parts"]
    )
    def test_are_copied_by_the_store(self, portal_on, files, uniform):
        world = portal_on(server_side_copy=True, uniform_parts=uniform)

        job, traffic = imported_zip(world, large_archive())

        assert traffic.sent < 64 * 1024
        assert traffic.received < sum(SIZES.values()) + 2 * MIB  # the directory at the end
        assert traffic.requests["UploadPartCopy"] == 2
        assert traffic.requests["CopyObject"] == 0
        assert files_of(job, world) == files

    def test_are_streamed_if_the_store_does_not_copy(self, portal_on, files):
        world = portal_on(server_side_copy=False)

        job, traffic = imported_zip(world, large_archive())

        assert traffic.sent > sum(SIZES.values())
        assert files_of(job, world) == files

    @pytest.mark.variant
    def test_are_streamed_if_they_are_deflated(self, portal_on, files):
        world = portal_on(server_side_copy=True)

        job, traffic = imported_zip(world, large_archive(8))

        assert traffic.requests["UploadPartCopy"] == 0
        assert files_of(job, world) == files

    @pytest.mark.parametrize("copy", [True, pytest.param(False, marks=VARIANT)], ids=["copied", "streamed"])
    @pytest.mark.parametrize("compression", [0, pytest.param(8, marks=VARIANT)], ids=["stored", "deflated"])
    def test_with_a_stored_blob_are_only_read(self, portal_on, files, copy, compression):
        world = portal_on(server_side_copy=copy)
        imported_zip(world, large_archive())
        before = stored_keys("blobs/")

        job, traffic = imported_zip(world, large_archive(compression))

        assert traffic.sent < 64 * 1024
        assert stored_keys("blobs/") == before
        assert files_of(job, world) == files

    def test_of_a_local_zip_are_sent_once(self, portal_on, files, tmp_path):
        world = portal_on(server_side_copy=True)
        path = tmp_path / "talk.zip"
        path.write_bytes(large_archive())
        store = get_store()
        assert isinstance(store, S3Store)
        traffic = Traffic(store)

        job = world.run(request_file_import(file=path, owner=world.alice, name="", now=world.clock()))

        assert sum(SIZES.values()) < traffic.sent < sum(SIZES.values()) + MIB
        assert traffic.requests["CopyObject"] == traffic.requests["UploadPartCopy"] == 0
        assert files_of(job, world) == files

    @pytest.mark.parametrize("copy", [True, pytest.param(False, marks=VARIANT)], ids=["copied", "streamed"])
    @pytest.mark.parametrize(
        "damaged", [pytest.param(name, marks=VARIANT) if name.startswith("audio") else name for name in SIZES]
    )
    def test_leave_nothing_if_one_is_damaged(self, portal_on, files, copy, damaged):
        world = portal_on(server_side_copy=copy)
        data = bytearray(large_archive())
        data[data.index(files[damaged]) + len(files[damaged]) - 1] ^= 1

        job = world.imported(bytes(data))

        assert (job.state, job.error_code) == (Job.State.FAILED, "zip_crc_mismatch")
        assert not Blob.objects.exists()
        assert [key for key in stored_keys() if not key.startswith("staging/upload-")] == []
        assert not list(get_store().open_uploads(""))


@pytest.mark.large
@pytest.mark.parametrize(("compression", "copy"), [(0, True), (8, False)], ids=["copied", "streamed"])
def test_memory_does_not_grow_with_the_archive(portal_on, copy, compression):
    world = portal_on(server_side_copy=copy)
    sizes = {f"final_videos/{number}.mp4": 20 * MIB for number in range(3)}
    sizes |= {f"audio/segments/{number}.wav": MIB for number in range(24)}
    data = zip_of_files({name: media(size, name) for name, size in sizes.items()}, compression=compression)
    (upload,) = world.upload({"talk.zip": data})
    job = request_import(upload=upload, owner=world.alice, name="", now=world.clock())
    tracemalloc.start()
    try:
        world.run(job)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert job.state == Job.State.SUCCEEDED, job.error_detail or job.error_message
    assert len(data) > 80 * MIB
    assert peak < 56 * MIB


@pytest.mark.large
def test_thousands_of_small_files_are_read_in_few_requests(portal_on):
    world = portal_on(server_side_copy=True)
    takes = [media(20_000, str(number)) for number in range(40)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(5000):
            archive.writestr(f"audio/segments/hi_{number:04}.wav", takes[number % 40])

    job, traffic = imported_zip(world, buffer.getvalue())

    assert job.state == Job.State.SUCCEEDED, job.error_detail or job.error_message
    assert job.result is not None
    assert job.result["files"] == 5000
    assert Blob.objects.count() == len(stored_keys("blobs/")) == 40
    assert traffic.requests["GetObject"] < 100
    assert traffic.requests["PutObject"] == 40
    assert traffic.received < 2.1 * 5000 * 20_000  # once to compare headers, once for the contents
