"""A small disk that fills up: what does not fit is refused before it starts, and nothing is left of a failed write."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import override_settings

from sessions_app.management.errors import Error
from sessions_app.models import Job, Upload, Version
from sessions_app.operations.disk_space import get_usable_space
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.imports.request import request_import
from sessions_app.operations.sessions.permanent_deletion import delete_permanently
from sessions_app.storage import get_store
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import bytes_of, now
from tests.services.full_disk import SmallDisk, small_disk
from tests.world import World, stored_keys, zip_of_files

MIB = 1024**2
SIZE = 24 * MIB
RESERVE = 2 * MIB
VIDEO = {"talk.mp4": random.Random(1).randbytes(5 * MIB)}
SMALL = {f"audio/{number}.wav": random.Random(number).randbytes(60_000) for number in range(20)}

pytestmark = pytest.mark.one_stack


@pytest.fixture
def disk(settings: LazySettings) -> Iterator[SmallDisk]:
    """A disk with the portal's files; the database is on another one."""
    with small_disk(size=SIZE) as disk:
        storages = deepcopy(settings.STORAGES)
        storages["default"]["OPTIONS"]["location"] = disk.folder / "storage"
        with override_settings(STORAGES=storages, DISK_RESERVE=RESERVE):
            yield disk


@pytest.fixture
def alice(world: World) -> Program:
    return Program.of(world.alice)


def leave(disk: SmallDisk, size: int) -> None:
    """Leave so much for uploads, beside the reserve."""
    disk.fill(leave=RESERVE + size)


def test_uploads_that_do_not_fit_are_refused_before_they_start(disk: SmallDisk, alice: Program):
    leave(disk, 4 * MIB)

    problem = problem_of(
        alice.post("/uploads", {"uploads": [{"path": "a.wav", "size": 5 * MIB}]}), 507, "disk_full"
    )

    assert problem["needed"] == 5 * MIB + 1024
    assert problem["free"] == disk.free - RESERVE
    assert problem["page"] == "/account/storage/"
    assert problem["detail"].startswith(
        "There is not enough space on the server: 5.0 MiB are needed, 4.0 MiB are"
    )
    assert not Upload.objects.exists()


def test_space_is_kept_for_uploads_that_have_started_but_not_for_abandoned_ones(
    disk: SmallDisk, world: World
):
    leave(disk, 8 * MIB)
    alice, bob = Program.of(world.alice), Program.of(world.bob)
    body = {"uploads": [{"path": "a.wav", "size": 5 * MIB}]}
    assert alice.post("/uploads", body).status_code == 201

    problem_of(bob.post("/uploads", body), 507, "disk_full")

    upload = Upload.objects.get()
    Upload.objects.update(expires_at=upload.expires_at - (upload.expires_at - upload.created_at) / 2)
    assert bob.post("/uploads", body).status_code == 201


def test_a_pack_needs_its_space_twice_while_it_is_saved(disk: SmallDisk, alice: Program):
    leave(disk, 4 * MIB)
    files = [{"path": f"{number}.txt", "size": 250_000} for number in range(12)]

    problem = problem_of(alice.post("/uploads", {"uploads": [{"files": files}]}), 507, "disk_full")

    assert problem["needed"] == 2 * 12 * 250_000 + 12 * 1024


def test_a_part_is_refused_when_another_program_has_filled_the_disk(disk: SmallDisk, alice: Program):
    created = alice.post("/uploads", {"uploads": [{"path": "a.wav", "size": MIB}]}).json()["uploads"][0]
    leave(disk, 0)

    problem_of(alice.put(f"/uploads/{created['code']}/parts/1", bytes(MIB)), 507, "disk_full")
    disk.clear()
    assert alice.put(f"/uploads/{created['code']}/parts/1", bytes(MIB)).status_code == 200


def test_an_export_that_does_not_fit_is_refused_before_it_starts(
    disk: SmallDisk, world: World, alice: Program
):
    session = world.saved("talk", VIDEO)
    leave(disk, 3 * MIB)

    problem = problem_of(alice.post(f"/sessions/{session.code}/versions/1/exports", {}), 507, "disk_full")
    assert 5 * MIB < problem["needed"] < 6 * MIB
    assert not Job.objects.filter(kind=Job.Kind.EXPORT).exists()
    # A part that fits, and the download of a ZIP, which is not stored, are possible.
    assert len(bytes_of(alice.get(f"/sessions/{session.code}/versions/1/archive.zip"))) > 5 * MIB


def test_an_export_that_fits_no_longer_fails_at_its_start(disk: SmallDisk, world: World):
    session = world.saved("talk", VIDEO)
    assert session.current is not None
    job = request_export(version=session.current, owner=world.alice, now=world.clock())
    leave(disk, 3 * MIB)

    world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "disk_full")
    assert "are needed" in job.error_message
    assert stored_keys("exports/") == []


def test_an_import_that_does_not_fit_is_refused_before_it_writes(disk: SmallDisk, world: World):
    archive = zip_of_files({"talk.mp4": bytes(8 * MIB)})
    (upload,) = world.upload({"talk.zip": archive})
    job = request_import(upload=upload, owner=world.alice, name="", now=world.clock())
    leave(disk, 4 * MIB)
    before = stored_keys()

    world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "disk_full")
    assert "8.0 MiB are needed, 4.0 MiB are available" in job.error_message
    assert stored_keys() == before
    disk.clear()
    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED, finished_at=None)
    assert world.run(job).state == Job.State.SUCCEEDED


def test_an_export_to_a_file_that_does_not_fit_is_refused(disk: SmallDisk, world: World, work_folder: Path):
    world.saved("talk", VIDEO)
    with small_disk(size=4 * MIB) as other:
        with pytest.raises(Error, match="There is no space left") as caught:
            call_command("export_session", "talk", owner="alice", output=other.folder / "talk.zip")
        assert caught.value.code == "disk_full"
        assert list(other.folder.iterdir()) == []


def test_a_disk_below_the_reserve_is_reported_as_full(disk: SmallDisk, world: World):
    disk.fill(leave=RESERVE // 2)

    assert get_usable_space(now=world.clock()) == 0


# -- Nothing is free, not even the reserve: every write fails, and works again when there is space --------------------


def test_parts_and_completion_at_0_bytes_free(disk: SmallDisk, alice: Program, settings: LazySettings):
    settings.DISK_RESERVE = 0
    body = {"uploads": [{"path": "a.wav", "size": 0}, {"path": "b.wav", "size": MIB}]}
    empty, other = [upload["code"] for upload in alice.post("/uploads", body).json()["uploads"]]
    disk.fill()

    problem_of(alice.put(f"/uploads/{other}/parts/1", bytes(MIB)), 507, "disk_full")
    problem_of(alice.post("/uploads", body), 507, "disk_full")

    disk.clear()
    assert alice.put(f"/uploads/{other}/parts/1", bytes(MIB)).status_code == 200
    disk.fill()
    # Joining writes no bytes.
    assert alice.post("/uploads/complete", {"uploads": [other]}).status_code == 200
    disk.clear()
    assert alice.post("/uploads/complete", {"uploads": [empty]}).status_code == 200


@pytest.mark.parametrize("free", [0, MIB // 2])
def test_a_save_on_a_full_disk_fails_and_can_be_retried(disk: SmallDisk, world: World, free: int):
    job = world.save(world.session(), {**VIDEO, **SMALL}, run=False)
    disk.fill(leave=free)

    world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "disk_full")
    assert job.error_message == "The storage is full. Free some space, then try again."
    assert not Version.objects.exists()
    disk.clear()
    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED, finished_at=None)
    assert world.run(job).state == Job.State.SUCCEEDED
    assert len(stored_keys()) == len(VIDEO) + len(SMALL)


@pytest.mark.parametrize("compression", [0, 8])
def test_an_export_or_import_that_runs_out_of_space_leaves_nothing(
    disk: SmallDisk, world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, compression: int
):
    """Another program fills the disk after the check."""
    session = world.saved("talk", VIDEO)
    assert session.current is not None
    archive = zip_of_files({"other.mp4": random.Random(2).randbytes(5 * MIB)}, compression=compression)
    (upload,) = world.upload({"other.zip": archive})
    monkeypatch.setattr(type(get_store()), "get_free_space", lambda _: 2**40)
    jobs = [
        request_export(version=session.current, owner=world.alice, now=world.clock()),
        request_import(upload=upload, owner=world.alice, name="", now=world.clock()),
    ]
    before = stored_keys()
    disk.fill(leave=MIB)
    free = disk.free

    for job in jobs:
        world.run(job)
        assert (job.state, job.error_code) == (Job.State.FAILED, "disk_full")

    assert stored_keys() == before
    assert disk.free == free
    disk.clear()
    for job in jobs:
        Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED, finished_at=None)
        assert world.run(job).state == Job.State.SUCCEEDED


def test_discarding_and_deleting_work_at_0_bytes_free(disk: SmallDisk, world: World, alice: Program):
    world.clock.now = now()
    session = world.saved("talk", VIDEO)
    assert session.current is not None
    export = world.exported(session.current)
    (upload,) = world.upload({"a.wav": bytes(MIB)})
    disk.fill()

    assert len(bytes_of(alice.get(f"/exports/{export.code}/download"))) == export.size
    assert alice.delete(f"/uploads/{upload.code}").status_code == 204
    assert disk.free >= MIB
    disk.fill()
    assert alice.delete(f"/sessions/{session.code}").status_code == 204
    assert alice.delete("/trash").json()["count"] == 1
    call_command("collect_garbage")

    assert disk.free >= export.size
    assert delete_permanently(sessions=type(session).objects.all(), now=world.clock()).count == 0
