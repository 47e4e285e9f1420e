"""`manage.py run` on a disk of its own that another program fills to the last byte."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.journeys.portal import ONE_WEB_PROCESS
from tests.journeys.visitor import Visitor
from tests.runs.test_run import Run, manage
from tests.services.full_disk import SmallDisk, small_disk
from tests.services.stacks import Stack
from tests.world import PROJECT, zip_of_files

pytestmark = [pytest.mark.slow, pytest.mark.one_stack]

MIB = 1024**2


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk(size=96 * MIB) as disk:
        yield disk


@pytest.fixture
def environment(disk: SmallDisk, stack: Stack) -> Iterator[dict[str, str]]:
    """Everything that the portal writes is on the disk, temporary files included."""
    with stack.fresh(migrated=True) as fresh:
        data, temporary = disk.folder / "data", disk.folder / "tmp"
        shutil.copytree(fresh["DATA_DIR"], data)
        temporary.mkdir()
        (data / "demo.json").write_text('{"made": true}')
        yield {
            **fresh,
            **ONE_WEB_PROCESS,
            "DATA_DIR": str(data),
            "TMPDIR": str(temporary),
            "STATIC_ROOT": str(settings.STATIC_ROOT),
            "DISK_RESERVE_MIB": "1",
        }


@pytest.mark.accident
def test_the_portal_starts_and_users_sign_in_read_and_delete_at_0_bytes_free(
    disk: SmallDisk, environment: dict[str, str], work_folder: Path
):
    file = work_folder / "talk.zip"
    file.write_bytes(zip_of_files(PROJECT))
    manage(environment, "create_user", "ana", "--password", "correct-horse-battery")
    manage(environment, "import_session", str(file), "--owner", "ana")
    run = Run(environment)
    try:
        run.until_ready()
        ana = sign_in(run)
        found = re.search(r"/sessions/([0-9a-f-]{36})/", ana.get("/sessions/").text)
        assert found is not None
        session = f"/sessions/{found[1]}/"
        archive = f"{session}versions/1/archive.zip"
        ana.submit(f"{session}versions/1/export/")
        run.wait_for(lambda: "/download/" in ana.get("/jobs/").text or "/exports/" in ana.get("/jobs/").text)
        assert run.end(signal.SIGTERM) == 0
        disk.fill()
        run = Run(environment)
        run.until_ready()
        disk.fill()
        assert disk.free == 0

        # Sign-in writes a session and the time of the last one; pages write access times.
        ana = sign_in(run)
        assert "talk" in ana.get(session).text
        assert (
            ana.get(f"{session}versions/1/files/audio/hi_audio.wav").content == PROJECT["audio/hi_audio.wav"]
        )
        assert ana.get(archive).content

        # What needs space is refused with a reason.
        new = {"uploads": [{"path": "a.wav", "size": MIB}]}
        problem = ana.post("/api/v1/uploads", new, status=507)
        assert (problem["code"], problem["free"]) == ("disk_full", 0)
        selection = {"categories": ["audio"]}
        problem = ana.post(f"/api/v1{session}versions/1/exports", selection, status=507)
        assert problem["code"] == "disk_full"

        # Deleting works, and the worker frees the space of the export.
        ana.submit(f"{session}trash/")
        page = ana.submit("/sessions/trash/empty/", {"confirmation": "delete"})
        assert "1 session was deleted permanently" in page.text
        run.wait_for(lambda: disk.free > 0)

        # With space, everything works again, without a restart.
        disk.clear()
        ana.post("/api/v1/uploads", new, status=201)
        assert "Traceback" not in run.output
        assert run.end(signal.SIGTERM) == 0
    finally:
        if run.process.poll() is None:
            run.end(signal.SIGKILL)


def sign_in(run: Run) -> Visitor:
    visitor = Visitor(run.address)
    visitor.sign_in("ana", "correct-horse-battery")
    return visitor
