"""Files of every size come out of an archive as they went in, and a failure leaves nothing."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest

from sessions_app.models import Blob, Job, Pin
from sessions_app.operations.errors import JobCancelled
from sessions_app.operations.imports import job as imports
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.retry import retry_job
from sessions_app.storage import get_store
from sessions_app.storage.ingest import SMALL_SIZE
from tests.services.full_disk import limited_file_size
from tests.world import World, stored_keys, zip_of_files

MIB = 1024 * 1024
METHODS = pytest.mark.parametrize("compression", [0, 8], ids=["stored", "deflated"])


def media(size: int, name: str) -> bytes:
    return random.Random(name).randbytes(size)


def project() -> dict[str, bytes]:
    """Files around every bound: empty, small beside each other, as large as memory may hold, larger, equal ones."""
    sizes = {
        "original_video.mp4": 12 * MIB + 3,
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


def nothing_left() -> bool:
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


@pytest.fixture
def opened_before(world: World) -> None:
    for opened in list(get_store().open_uploads("")):  # by tests that end in the middle of one
        get_store().abort(opened.key, opened.upload_id)


@METHODS
@pytest.mark.parametrize("times", [1, 2], ids=["new", "known"])
def test_every_file_comes_out_as_it_went_in(world: World, compression: int, times: int):
    files = project()
    data = zip_of_files(files, compression=compression)
    for _ in range(times - 1):
        world.imported(data)

    job = world.imported(data)

    assert files_of(job, world) == files
    assert stored_keys("staging/") == []
    assert Blob.objects.exclude(state=Blob.State.STORED).count() == 0
    assert Blob.objects.count() == len(stored_keys("blobs/")) == len(set(files.values()))


@METHODS
def test_a_zip_on_this_machine_comes_out_as_it_went_in(world: World, tmp_path: Path, compression: int):
    files = project()
    path = tmp_path / "talk.zip"
    path.write_bytes(zip_of_files(files, compression=compression))

    job = world.run(imports.request_file(file=path, owner=world.alice, name="", now=world.clock()))

    assert files_of(job, world) == files
    assert stored_keys("staging/") == []


def test_a_zip_may_have_gaps_between_its_files_no_larger_than_other_files(world: World):
    """Small files far apart are read one by one."""
    files: dict[str, bytes] = {}
    for number in range(3):
        files[f"audio/{number}.wav"] = media(5000, str(number))
        files[f"mixed_videos/{number}.mp4"] = media(2 * MIB, f"large {number}")

    assert files_of(world.imported(zip_of_files(files, compression=0)), world) == files


def test_every_byte_counts_as_progress(world: World, monkeypatch: pytest.MonkeyPatch):
    files = project()
    counted: list[int] = []
    advance = JobContext.advance

    def listen(context: JobContext, count: int) -> None:
        counted.append(count)
        advance(context, count)

    monkeypatch.setattr(JobContext, "advance", listen)

    for compression in (0, 8, 0):
        counted.clear()
        files_of(world.imported(zip_of_files(files, compression=compression)), world)
        assert sum(counted) == sum(map(len, files.values()))
        assert max(counted) <= 8 * MIB


class TestAFailure:
    @pytest.fixture(autouse=True)
    def nothing_before(self, opened_before: None) -> None:
        pass

    @METHODS
    @pytest.mark.parametrize("name", ["original_video.mp4", "audio/segments/023.wav"], ids=["large", "small"])
    def test_of_one_file_leaves_nothing_of_the_others(self, world: World, compression: int, name: str):
        files = project()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            for each, contents in files.items():
                archive.writestr(each, contents)
            info = archive.getinfo(name)
        data = bytearray(buffer.getvalue())
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
        assert nothing_left()

    @METHODS
    @pytest.mark.parametrize("limit", [0, 5 * MIB, 25 * MIB])
    def test_to_go_on_leaves_nothing(
        self, world: World, monkeypatch: pytest.MonkeyPatch, compression: int, limit: int
    ):
        """As when a person cancels it."""
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
            job = world.imported(zip_of_files(project(), compression=compression))

        assert job.state == Job.State.CANCELLED
        assert nothing_left()
        retry_job(job=job, now=world.clock())
        assert files_of(world.run(job), world) == project()

    def test_a_zip_that_changes_while_it_is_read_is_refused(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        path = tmp_path / "talk.zip"
        path.write_bytes(zip_of_files({"original_video.mp4": media(12 * MIB, "x")}, compression=0))
        advance = JobContext.advance

        def write_into_it(context: JobContext, count: int) -> None:
            with path.open("r+b") as file:
                file.seek(2 * MIB)
                file.write(b"changed")
            advance(context, count)

        monkeypatch.setattr(JobContext, "advance", write_into_it)

        job = world.run(imports.request_file(file=path, owner=world.alice, name="", now=world.clock()))

        assert job.state == Job.State.FAILED
        assert job.error_code in {"zip_truncated", "zip_crc_mismatch"}
        assert nothing_left()


@pytest.mark.one_stack
@METHODS
def test_a_full_disk_fails_the_import_clearly_and_it_can_be_tried_again(world: World, compression: int):
    files = project()
    (upload,) = world.upload({"talk.zip": zip_of_files(files, compression=compression)})
    job = imports.request(upload=upload, owner=world.alice, name="", now=world.clock())

    with limited_file_size(10 * MIB):  # the database is smaller
        world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "storage")
    assert job.error_message == "The storage is full. Free some space, then try again."
    assert nothing_left()
    retry_job(job=job, now=world.clock())
    assert files_of(world.run(job), world) == files
