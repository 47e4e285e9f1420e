"""Files that other projects collected (tests/corpus.py), through the pages as a browser sends them, and the worker's job."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.test import Client

from dubbing_core.zips.member_names import is_junk
from sessions_app.models import Blob, DubbingSession, Job, Pin, Upload, Version
from sessions_app.storage import get_store
from tests.corpus import ARCHIVES, FUZZED, JSON, MEDIA, SAMPLES, Sample
from tests.integration.programs import ROOT
from tests.integration.sketches import post_json, signed_in
from tests.world import World, stored_keys, zip_of_files

__test__ = bool(SAMPLES)
"""Without a corpus pytest collects nothing here, instead of skipping it."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MADE = {"os.mkdir", "os.link", "os.symlink", "os.rename", "os.truncate"}


class Watch:
    """Notes what this process writes outside the portal's folder. Python keeps an audit hook for good, so there is one."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.outside: set[str] = set()

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None or (event not in MADE and event != "open"):
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
            return
        path = arguments[1] if event in {"os.link", "os.symlink", "os.rename"} else arguments[0]
        if isinstance(path, str | bytes | os.PathLike):
            told = Path(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100  # no look at the disk in an audit hook
            if not told.is_relative_to(self.folder) and not told.is_relative_to("/dev"):
                self.outside.add(f"{event} {told}")


WATCH = Watch()
if __test__:
    sys.addaudithook(WATCH.hear)


@contextmanager
def nothing_written_outside() -> Iterator[None]:
    WATCH.folder, WATCH.outside = settings.DATA_DIR, set()
    try:
        yield
        assert WATCH.outside == set()
    finally:
        WATCH.folder = None


@dataclass
class Portal:
    """What a browser does with a ZIP, and what is there afterwards."""

    world: World
    client: Client

    def imported(self, data: bytes, filename: str = "sample.zip") -> Job:
        """Send a ZIP and let the worker do the job; pages answer as they should, whatever it holds."""
        files = [{"path": filename, "size": len(data)}]
        answer = self.answered(post_json(self.client, f"{ROOT}/uploads", {"uploads": files}), 201)
        (upload,) = answer.json()["uploads"]
        code, size = upload["code"], upload["part_size"]
        for number, start in enumerate(range(0, len(data), size), 1):
            part = data[start : start + size]
            url = f"{ROOT}/uploads/{code}/parts/{number}"
            self.answered(self.client.put(url, part, content_type="application/octet-stream"), 200)
        self.answered(post_json(self.client, f"{ROOT}/uploads/complete", {"uploads": [code]}), 200)
        answer = self.answered(post_json(self.client, f"{ROOT}/imports", {"upload": code}), 202)
        job = self.world.run(Job.objects.get(code=answer.json()["code"]))
        page = unescape(self.answered(self.client.get(f"/jobs/{job.code}/"), 200).content.decode())
        assert job.error_message in page
        for left in Upload.objects.filter(job=job):
            self.answered(self.client.delete(f"{ROOT}/uploads/{left.code}"), 204)
        return job

    def answered(self, response: Any, status: int) -> Any:
        assert response.status_code == status, response.content[:500]
        return response


@pytest.fixture
def portal(world: World) -> Portal:
    return Portal(world, signed_in(world.alice, raise_request_exception=False))


def present() -> dict[str, set[object]]:
    """All that there is, but for jobs."""
    return {
        "sessions": set(DubbingSession.objects.values_list("pk", flat=True)),
        "versions": set(Version.objects.values_list("pk", flat=True)),
        "blobs": set(Blob.objects.values_list("sha256", flat=True)),
        "pins": set(Pin.objects.values_list("pk", flat=True)),
        "objects": set(stored_keys()),
        "open uploads": {opened.key for opened in get_store().open_uploads("staging/")},
    }


def wrong_refusal(job: Job, before: dict[str, set[object]]) -> str:
    """What is wrong with how an import was refused, if anything is."""
    if job.state != Job.State.FAILED:
        return f"{job.state}"
    if job.error_code in {"", "internal", "storage", "database"}:
        return f"{job.error_code}: {job.error_detail}"
    if not job.error_message.endswith((".", ".)")):
        return f"no sentence: {job.error_message}"
    after = present()
    return "" if after == before else f"{before} became {after}"


def wrong_success(job: Job, data: bytes) -> str:
    """What is wrong with what an import brought in, if anything is."""
    if job.state != Job.State.SUCCEEDED:
        return f"{job.error_code}: {job.error_message}"
    brought = set(Blob.objects.filter(entries__session=job.session).values_list("sha256", flat=True))
    with ZipFile(BytesIO(data)) as archive:
        held = {
            hashlib.sha256(archive.read(info)).hexdigest()
            for info in archive.infolist()
            if not info.is_dir() and not is_junk(info.filename)
        }
    return "" if brought == held else f"{brought ^ held} are in one of both"


def problem_of(portal: Portal, sample: Sample) -> str:
    before = present()
    job = portal.imported(sample.data)
    if sample.verdict == "must-accept" and job.error_code != "zip_empty":
        return wrong_success(job, sample.data)
    if sample.verdict == "policy" and job.state == Job.State.SUCCEEDED:
        return ""
    return wrong_refusal(job, before)


def test_archives_get_the_verdict_that_was_agreed(portal: Portal):
    with nothing_written_outside():
        problems = {sample.path: problem_of(portal, sample) for sample in ARCHIVES}

    assert {path: problem for path, problem in problems.items() if problem} == {}


@pytest.mark.one_stack
def test_fuzzed_archives_are_taken_or_refused_and_never_break_anything(portal: Portal):
    problems = {}
    with nothing_written_outside():
        for name, data in (each for sample in FUZZED for each in sample.fuzzed):
            before = present()
            job = portal.imported(data)
            if job.state != Job.State.SUCCEEDED:
                problems[name] = wrong_refusal(job, before)

    assert {name: problem for name, problem in problems.items() if problem} == {}


def with_metadata(document: bytes) -> bytes:
    return zip_of_files({"metadata.json": document, "a.wav": b"a"})


def part(value: bytes) -> bytes:
    """The value where a pipeline of the future may put one."""
    return b'{"a key of the future": ' + value + b"}"


def test_what_is_no_json_is_no_metadata(portal: Portal):
    before = present()
    jobs = {
        sample: (
            portal.imported(with_metadata(sample.data)),
            portal.imported(with_metadata(part(sample.data))),
        )
        for sample in JSON
        if sample.verdict == "must-reject"
    }
    for sample, both in jobs.items():
        for job in both:
            assert job.error_code.startswith("metadata_"), (sample.path, job.error_message)
    assert present() == before


def test_json_is_taken_as_metadata(portal: Portal):
    for sample in JSON:
        if sample.verdict == "must-reject":
            continue
        whole, value = (
            portal.imported(with_metadata(sample.data)),
            portal.imported(with_metadata(part(sample.data))),
        )
        if sample.verdict == "must-accept":
            # As a whole it is no object, but it was read.
            assert whole.error_code in {"", "metadata_not_object"}, (sample.path, whole.error_message)
            assert value.state == Job.State.SUCCEEDED, (sample.path, value.error_message)
        assert "internal" not in {whole.error_code, value.error_code}, sample.path


@pytest.mark.parametrize("path", ["/uploads", "/uploads/complete", "/imports"])
def test_what_is_no_json_is_no_request(portal: Portal, path: str):
    statuses = {
        sample: portal.client.post(ROOT + path, sample.data, content_type="application/json").status_code
        for sample in JSON
    }

    assert {status for sample, status in statuses.items() if sample.verdict == "must-reject"} == {400}
    assert max(statuses.values()) < 500


def test_media_come_in_as_they_are_whatever_players_make_of_them(portal: Portal):
    data = zip_of_files({sample.path.removeprefix("_media/"): sample.data for sample in MEDIA})

    with nothing_written_outside():
        assert wrong_success(portal.imported(data), data) == ""
