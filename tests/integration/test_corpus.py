"""Imports of files that other projects collected (tests/corpus.py), through the API, the job and its page."""

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

from dubbing_core.paths import is_junk
from sessions_app.api.rates import counter
from sessions_app.models import Blob, DubbingSession, Job, Pin, Upload, Version
from sessions_app.storage import get_store
from tests.corpus import ARCHIVES, FUZZED, JSON, MEDIA, SAMPLES, Sample
from tests.integration.programs import ROOT
from tests.integration.sketches import post_json, signed_in
from tests.world import World, stored_keys, zip_of_files

__test__ = bool(SAMPLES)
"""Without a corpus pytest collects nothing here, because skips are failures."""

WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT
WRITE_EVENTS = {"os.mkdir": 0, "os.link": 1, "os.symlink": 1, "os.rename": 1, "os.truncate": 0}
"""Audit events, and which of their arguments is the path that they write."""
FOLDER_ARGUMENTS = {"os.mkdir": 2, "os.link": 3, "os.symlink": 2, "os.rename": 3}
"""Which of their arguments is the descriptor of the folder to which a relative path refers, or -1."""


class WriteWatcher:
    """Record writes of this process outside the data folder. An audit hook cannot be removed, so there is one."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.outside: set[str] = set()

    def handle(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None or (event not in WRITE_EVENTS and event != "open"):
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITE_FLAGS):
            return
        path = arguments[WRITE_EVENTS.get(event, 0)]
        if not isinstance(path, str | bytes | os.PathLike):
            return
        place = Path(os.fsdecode(path))
        if event == "open" and len(place.parts) <= 1 and place.name != "..":
            return  # the event does not name the folder of a relative path: see `nothing_written_outside`
        descriptor = arguments[FOLDER_ARGUMENTS[event]] if event in FOLDER_ARGUMENTS else -1
        folder = Path.cwd() if descriptor == -1 else Path(f"/proc/self/fd/{descriptor}").readlink()
        absolute = Path(os.path.normpath(folder / place))
        if "__pycache__" in absolute.parts:
            return  # a module that is imported for the first time
        if not absolute.is_relative_to(self.folder) and not absolute.is_relative_to("/dev"):
            self.outside.add(f"{event} {absolute}")


WATCHER = WriteWatcher()
if __test__:
    sys.addaudithook(WATCHER.handle)


@contextmanager
def nothing_written_outside() -> Iterator[None]:
    names = set(Path.cwd().iterdir())
    WATCHER.folder, WATCHER.outside = settings.DATA_DIR, set()
    try:
        yield
        assert WATCHER.outside == set()
        assert set(Path.cwd().iterdir()) == names
    finally:
        WATCHER.folder = None


@dataclass
class Portal:
    """A signed-in API client that imports archives."""

    world: World
    client: Client

    def import_zip(self, data: bytes, filename: str = "sample.zip") -> Job:
        """Upload and import a ZIP; all responses and the job's page must be correct."""
        counter.clear()
        files = [{"path": filename, "size": len(data)}]
        response = self.check(post_json(self.client, f"{ROOT}/uploads", {"uploads": files}), 201)
        (upload,) = response.json()["uploads"]
        code, size = upload["code"], upload["part_size"]
        for number, start in enumerate(range(0, len(data), size), 1):
            part = data[start : start + size]
            url = f"{ROOT}/uploads/{code}/parts/{number}"
            self.check(self.client.put(url, part, content_type="application/octet-stream"), 200)
        self.check(post_json(self.client, f"{ROOT}/uploads/complete", {"uploads": [code]}), 200)
        response = self.check(post_json(self.client, f"{ROOT}/imports", {"upload": code}), 202)
        job = self.world.run(Job.objects.get(code=response.json()["code"]))
        page = unescape(self.check(self.client.get(f"/jobs/{job.code}/"), 200).content.decode())
        assert job.error_message in page
        for upload_left in Upload.objects.filter(job=job):
            self.check(self.client.delete(f"{ROOT}/uploads/{upload_left.code}"), 204)
        return job

    def check(self, response: Any, status: int) -> Any:
        assert response.status_code == status, response.content[:500]
        return response


@pytest.fixture
def portal(world: World) -> Portal:
    return Portal(world, signed_in(world.alice, raise_request_exception=False))


def get_state() -> dict[str, set[object]]:
    """Return the keys of all rows and objects except jobs."""
    return {
        "sessions": set(DubbingSession.objects.values_list("pk", flat=True)),
        "versions": set(Version.objects.values_list("pk", flat=True)),
        "blobs": set(Blob.objects.values_list("sha256", flat=True)),
        "pins": set(Pin.objects.values_list("pk", flat=True)),
        "objects": set(stored_keys()),
        "open uploads": {opened.key for opened in get_store().open_uploads("staging/")},
    }


def check_failure(job: Job, before: dict[str, set[object]]) -> str:
    """Return what is wrong with a failed import, or ""."""
    if job.state != Job.State.FAILED:
        return f"{job.state}"
    if job.error_code in {"", "internal", "storage", "disk_full", "database"}:
        return f"{job.error_code}: {job.error_detail}"
    if not job.error_message.endswith((".", ".)")):
        return f"no sentence: {job.error_message}"
    after = get_state()
    return "" if after == before else f"{before} became {after}"


def check_success(job: Job, data: bytes) -> str:
    """Return what is wrong with a successful import, or ""."""
    if job.state != Job.State.SUCCEEDED:
        return f"{job.error_code}: {job.error_message}"
    imported = set(Blob.objects.filter(entries__session=job.session).values_list("sha256", flat=True))
    with ZipFile(BytesIO(data)) as archive:
        expected = {
            hashlib.sha256(archive.read(info)).hexdigest()
            for info in archive.infolist()
            if not info.is_dir() and not is_junk(info.filename)
        }
    return "" if imported == expected else f"{imported ^ expected} differ"


def import_sample(portal: Portal, sample: Sample) -> str:
    before = get_state()
    job = portal.import_zip(sample.data)
    if sample.verdict == "must-accept" and job.error_code != "zip_empty":
        return check_success(job, sample.data)
    if sample.verdict == "policy" and job.state == Job.State.SUCCEEDED:
        return ""
    return check_failure(job, before)


def test_archives_get_the_expected_verdict(portal: Portal):
    with nothing_written_outside():
        problems = {sample.path: import_sample(portal, sample) for sample in ARCHIVES}

    assert {path: problem for path, problem in problems.items() if problem} == {}


@pytest.mark.one_stack
def test_fuzzed_archives_are_imported_or_refused(portal: Portal):
    problems = {}
    with nothing_written_outside():
        for name, data in (each for sample in FUZZED for each in sample.fuzzed):
            before = get_state()
            job = portal.import_zip(data)
            if job.state != Job.State.SUCCEEDED:
                problems[name] = check_failure(job, before)

    assert {name: problem for name, problem in problems.items() if problem} == {}


def with_metadata(document: bytes) -> bytes:
    return zip_of_files({"metadata.json": document, "a.wav": b"a"})


def nest(value: bytes) -> bytes:
    """Return a document with the value under an unknown key."""
    return b'{"session_name": "talk", "a key of the future": ' + value + b"}"


@pytest.mark.one_stack
def test_invalid_json_as_metadata_stops_no_import(portal: Portal):
    failures = {}
    for sample in JSON:
        for document in (sample.data, nest(sample.data)):
            job = portal.import_zip(with_metadata(document))
            if job.state != Job.State.SUCCEEDED:
                failures[sample.path] = job.error_message

    assert failures == {}


@pytest.mark.parametrize("path", ["/uploads", "/uploads/complete", "/imports"])
def test_invalid_json_is_refused_as_a_request(portal: Portal, path: str):
    statuses = {
        sample: portal.client.post(ROOT + path, sample.data, content_type="application/json").status_code
        for sample in JSON
    }

    assert {status for sample, status in statuses.items() if sample.verdict == "must-reject"} == {400}
    assert max(statuses.values()) < 500


def test_media_files_are_imported_unchanged(portal: Portal):
    data = zip_of_files({sample.path.removeprefix("_media/"): sample.data for sample in MEDIA})

    with nothing_written_outside():
        assert check_success(portal.import_zip(data), data) == ""
