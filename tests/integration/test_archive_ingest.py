"""Ingest of archives: files of every size are stored unchanged, and a failure leaves nothing."""

from __future__ import annotations

import io
import random
import zipfile
from functools import cache
from pathlib import Path

import pytest

from sessions_app.models import Blob, Job, Pin
from sessions_app.operations.errors import JobCancelled
from sessions_app.operations.imports.request import request_file_import, request_import
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.retry import retry_job
from sessions_app.storage import get_store
from sessions_app.storage.staging import SMALL_SIZE
from tests.services.full_disk import limited_file_size
from tests.world import World, stored_keys, zip_of_files

pytestmark = pytest.mark.either_stack

MIB = 1024 * 1024
METHODS = pytest.mark.parametrize("compression", [0, 8], ids=["stored", "deflated"])


def media(size: int, name: str) -> bytes:
    return random.Random(name).randbytes(size)


@cache
def project() -> dict[str, bytes]:
    """Return files around every limit: empty, small neighbors, at the size limit of memory, above it, equal ones."""
    sizes = {
        "original_video.mp4": 8 * MIB + 3,
        "final_videos/hi_final.mp4": 2 * MIB,
        "audio/hi_audio.wav": SMALL_SIZE,
        "audio/es_audio.wav": SMALL_SIZE + 1,
        "audio/empty.wav": 0,
        **{f"audio/segments/{number:03}.wav": 20_000 + number for number in range(24)},
    }
    files = {name: media(size, name) for name, size in sizes.items()}
    files["mixed_videos/copy.mp4"] = files["original_video.mp4"]
    files["audio/segments/copy.wav"] = files["audio/segments/007.wav"]
    return files


@cache
def archive_of_project(compression: int) -> bytes:
    """Return the project as a ZIP; deflating it takes a second of CPU."""
    return zip_of_files(project(), compression=compression)


def has_nothing_left() -> bool:
    return (
        not Blob.objects.exists()
        and not Pin.objects.exists()
        and [key for key in stored_keys() if not key.startswith("staging/upload-")] == []
        and not list(get_store().open_uploads(""))
    )


def files_of(job: Job, world: World) -> dict[str, bytes]:
    assert job.state == Job.State.SUCCEEDED, job.error_detail or job.error_message
    assert job.session is not None
    assert job.session.current is not None
    return world.files(job.session.current)


@METHODS
def test_every_file_is_stored_unchanged_and_once(world: World, compression: int):
    files = project()

    for _ in ("new", "known"):
        job = world.imported(archive_of_project(compression))

        assert files_of(job, world) == files
        assert stored_keys("staging/") == []
        assert Blob.objects.exclude(state=Blob.State.STORED).count() == 0
        assert Blob.objects.count() == len(stored_keys("blobs/")) == len(set(files.values()))


@METHODS
def test_every_file_of_a_local_zip_is_stored_unchanged(world: World, tmp_path: Path, compression: int):
    files = project()
    path = tmp_path / "talk.zip"
    path.write_bytes(archive_of_project(compression))

    job = world.run(request_file_import(file=path, owner=world.alice, name="", now=world.clock()))

    assert files_of(job, world) == files
    assert stored_keys("staging/") == []


def test_small_files_between_large_ones_are_stored_unchanged(world: World):
    """Distant small files are read one by one."""
    files: dict[str, bytes] = {}
    for number in range(3):
        files[f"audio/{number}.wav"] = media(5000, str(number))
        files[f"mixed_videos/{number}.mp4"] = media(2 * MIB, f"large {number}")

    assert files_of(world.imported(zip_of_files(files, compression=0)), world) == files


def test_progress_counts_every_byte_once(world: World, monkeypatch: pytest.MonkeyPatch):
    files = project()
    counted: list[int] = []
    advance = JobContext.advance

    def record(context: JobContext, count: int) -> None:
        counted.append(count)
        advance(context, count)

    monkeypatch.setattr(JobContext, "advance", record)

    for compression in (8, 0):  # the files are new, then known
        counted.clear()
        files_of(world.imported(archive_of_project(compression)), world)
        assert sum(counted) == sum(map(len, files.values()))
        assert max(counted) <= 8 * MIB


class TestAFailure:
    @METHODS
    @pytest.mark.parametrize("name", ["original_video.mp4", "audio/segments/023.wav"], ids=["large", "small"])
    def test_of_one_file_leaves_no_others(self, world: World, compression: int, name: str):
        data = bytearray(archive_of_project(compression))
        info = zipfile.ZipFile(io.BytesIO(data)).getinfo(name)
        data[info.header_offset + 30 + len(name) + info.compress_size // 2] ^= 0x55

        job = world.imported(bytes(data))

        assert job.state == Job.State.FAILED
        assert job.error_code in {
            "zip_crc_mismatch",
            "zip_data_damaged",
            "zip_size_mismatch",
            "zip_data_left_over",
        }
        assert name in job.error_message
        assert has_nothing_left()

    @pytest.mark.parametrize(("compression", "limit"), [(8, 0), (0, 5 * MIB), (8, 17 * MIB)])
    def test_by_cancellation_leaves_nothing(
        self, world: World, monkeypatch: pytest.MonkeyPatch, compression: int, limit: int
    ):
        advance = JobContext.advance
        done = 0

        def cancel(context: JobContext, count: int) -> None:
            nonlocal done
            done += count
            if done > limit:
                raise JobCancelled
            advance(context, count)

        with monkeypatch.context() as patch:
            patch.setattr(JobContext, "advance", cancel)
            job = world.imported(archive_of_project(compression))

        assert job.state == Job.State.CANCELLED
        assert has_nothing_left()
        retry_job(job=job, now=world.clock())
        assert files_of(world.run(job), world) == project()

    def test_by_a_change_of_the_zip_leaves_nothing(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        path = tmp_path / "talk.zip"
        path.write_bytes(zip_of_files({"original_video.mp4": media(12 * MIB, "x")}, compression=0))
        advance = JobContext.advance

        def modify(context: JobContext, count: int) -> None:
            with path.open("r+b") as file:
                file.seek(2 * MIB)
                file.write(b"changed")
            advance(context, count)

        monkeypatch.setattr(JobContext, "advance", modify)

        job = world.run(request_file_import(file=path, owner=world.alice, name="", now=world.clock()))

        assert job.state == Job.State.FAILED
        assert job.error_code in {"zip_truncated", "zip_crc_mismatch"}
        assert has_nothing_left()


@pytest.mark.one_stack
@METHODS
def test_an_import_fails_on_a_full_disk_and_can_be_retried(world: World, compression: int):
    files = project()
    (upload,) = world.upload({"talk.zip": archive_of_project(compression)})
    job = request_import(upload=upload, owner=world.alice, name="", now=world.clock())

    with limited_file_size(6 * MIB):  # the database is smaller
        world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "disk_full")
    assert job.error_message == "The storage is full. Free some space, then try again."
    assert has_nothing_left()
    retry_job(job=job, now=world.clock())
    assert files_of(world.run(job), world) == files
