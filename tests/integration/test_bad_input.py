"""Imports of hostile archives, and imports while the store fails."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.test import override_settings
from urllib3 import HTTPResponse

from dubbing_core.zips.layout import TextMember, plan_archive
from dubbing_core.zips.records import DEFLATED
from sessions_app.models import Blob, DubbingSession, Job, Pin
from sessions_app.operations.imports.request import request_import
from sessions_app.storage import get_store
from sessions_app.storage.s3 import S3Store
from tests.integration.sketches import signed_in
from tests.services.full_disk import limited_file_size
from tests.services.media import ffmpeg_program
from tests.services.tcp_proxy import tcp_proxy_to
from tests.stores.traffic import Traffic
from tests.unit.core.zips.blobs import MODIFIED, Blobs
from tests.unit.core.zips.forge import File, forge
from tests.unit.core.zips.quine import quine
from tests.unit.core.zips.test_hostile import bomb
from tests.world import World, stored_keys, zip_of_files

pytestmark = pytest.mark.either_stack

MIB = 1024 * 1024


def many_entries() -> bytes:
    layout = plan_archive(
        [TextMember(name=str(number), data=b"", modified=MODIFIED) for number in range(65_537)]
    )
    return Blobs().bytes_of(layout.segments)


def zip_with_declared_size(real: int, declared: int) -> bytes:
    size = {"size": declared}
    return forge(File(name=b"a.wav", method=DEFLATED, data=bytes(real), central=size, local=size))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "42 kB that unpack to 5 GB": (lambda: bomb(20 * MIB, 250), "zip_overlap"),
    "overlapping members": (lambda: forge(File(name=b"a"), File(name=b"b", offset=0)), "zip_overlap"),
    "a quine": (quine, "zip_quine"),
    "65,537 entries": (many_entries, "zip_too_many_entries"),
    "more than declared": (lambda: zip_with_declared_size(50 * MIB, 60_000), "zip_size_mismatch"),
    "much more than declared": (lambda: zip_with_declared_size(90 * MIB, 60 * MIB), "zip_size_mismatch"),
    "much less than declared": (lambda: zip_with_declared_size(60 * MIB, 61 * MIB), "zip_size_mismatch"),
    "less than declared": (lambda: zip_with_declared_size(60_000, 61_000), "zip_size_mismatch"),
    "more than DEFLATE allows": (lambda: zip_with_declared_size(60_000, 4_000_000_000), "zip_size_mismatch"),
}


class WriteCounter:
    """Count the bytes that this process writes to files and to the S3 server."""

    def __init__(self) -> None:
        store = get_store()
        self._traffic = Traffic(store) if isinstance(store, S3Store) else None
        self._before = self._now()

    def _now(self) -> int:
        counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        return int(counters["wchar"]) + (self._traffic.sent if self._traffic else 0)

    @property
    def bytes(self) -> int:
        return self._now() - self._before


def assert_nothing_is_stored() -> None:
    assert not DubbingSession.objects.exists()
    assert not Blob.objects.exists()
    assert not Pin.objects.exists()
    assert [key for key in stored_keys() if not key.startswith("staging/upload-")] == []
    assert list(get_store().open_uploads("staging/")) == []


def queue_import(world: World, data: bytes) -> Job:
    """Queue the import of an archive."""
    (upload,) = world.upload({"talk.zip": data})
    return request_import(upload=upload, owner=world.alice, name="", now=world.clock())


@pytest.mark.parametrize(("make", "code"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_archives_are_refused_before_anything_is_written(
    world: World, make: Callable[[], bytes], code: str
):
    job = queue_import(world, make())
    written = WriteCounter()

    world.run(job)

    assert written.bytes < MIB
    assert (job.state, job.error_code) == (Job.State.FAILED, code)
    assert job.error_message.endswith((".", ".)"))
    assert_nothing_is_stored()


def test_a_high_compression_ratio_is_allowed(world: World, tmp_path: Path):
    path = tmp_path / "hi_audio.wav"
    silence = "anullsrc=channel_layout=mono:sample_rate=16000"
    options = ["-v", "error", "-nostdin"]
    subprocess.run([ffmpeg_program(), *options, "-f", "lavfi", "-i", silence, "-t", "600", path], check=True)
    wave = path.read_bytes()
    data = zip_of_files({"audio/hi_audio.wav": wave})
    assert len(wave) > 19_000_000
    assert len(wave) > 950 * len(data)

    job = world.imported(data)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    session = DubbingSession.objects.get()
    assert session.current is not None
    assert world.files(session.current) == {"audio/hi_audio.wav": wave}


# A failing store

TALK = {
    "original_video.mp4": random.Random(1).randbytes(12 * MIB),
    "audio/hi_audio.wav": random.Random(2).randbytes(3 * MIB),
    "audio/es_audio.wav": random.Random(3).randbytes(100),
}


@contextmanager
def full_bucket(store: S3Store, *, writes: int) -> Iterator[None]:
    """Accept a number of objects or parts, then refuse all others."""
    accepted = 0

    def respond(request: Any, **_: object) -> AWSResponse | None:
        nonlocal accepted
        accepted += request.method == "PUT"
        if request.method != "PUT" or accepted <= writes:
            return None
        return AWSResponse(request.url, 507, HTTPHeaders(), HTTPResponse(BytesIO(), preload_content=False))

    events: Any = store.objects.client.meta.events
    events.register("before-send.s3", respond)
    try:
        yield
    finally:
        events.unregister("before-send.s3", respond)


def full_store() -> Any:
    store = get_store()
    return full_bucket(store, writes=1) if isinstance(store, S3Store) else limited_file_size(5 * MIB)


@contextmanager
def file_instead_of_blob_folder() -> Iterator[None]:
    folder = Path(cast("FileSystemStorage", storages["default"]).location) / "blobs"
    with suppress(FileNotFoundError):
        folder.rmdir()
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()


@contextmanager
def connection_that_breaks(*, after: int) -> Iterator[None]:
    """Connect to the store through a proxy that breaks the connection after a number of bytes."""
    storages = deepcopy(settings.STORAGES)
    options = storages["default"]["OPTIONS"]
    server = urlsplit(options["endpoint_url"])
    with tcp_proxy_to(server.hostname, server.port) as proxy:
        options["endpoint_url"] = f"http://127.0.0.1:{proxy.port}"
        options["client_config"] = Config(retries={"total_max_attempts": 1})
        with override_settings(STORAGES=storages):
            proxy.cut(after=after)
            yield


def failing_store(*, after: int = 9 * MIB) -> Any:
    """Let the store fail in the middle: on the local disk at the first blob, on S3 after a number of bytes."""
    return connection_that_breaks(after=after) if settings.S3_BUCKET else file_instead_of_blob_folder()


def retry(world: World, job: Job) -> Job:
    """Retry the job on its page, then run it."""
    signed_in(world.alice).post(f"/jobs/{job.code}/retry/")
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
    return world.run(job)


def assert_talk_is_stored(world: World, job: Job) -> None:
    assert job.state == Job.State.SUCCEEDED, job.error_detail or job.error_message
    session = DubbingSession.objects.get()
    assert session.current is not None
    assert world.files(session.current) == TALK
    # If the store failed during its self-test, the test object remains until garbage collection.
    objects = [key for key in stored_keys() if not key.endswith("/copy-test")]
    assert len(stored_keys("blobs/")) == len(TALK) == len(objects)
    assert not Pin.objects.exists()
    assert list(get_store().open_uploads("staging/")) == []


@pytest.mark.parametrize("compression", [0, 8])
def test_an_import_into_a_full_store_fails_and_can_be_retried(world: World, compression: int):
    job = queue_import(world, zip_of_files(TALK, compression=compression))

    with full_store():
        world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "disk_full")
    assert job.error_message == "The storage is full. Free some space, then try again."
    assert_nothing_is_stored()
    assert_talk_is_stored(world, retry(world, job))


@pytest.mark.parametrize("compression", [0, 8])
def test_an_import_is_retried_until_the_attempts_are_used_up(world: World, compression: int):
    job = queue_import(world, zip_of_files(TALK, compression=compression))

    # S3 copies stored members itself, so only requests pass through the connection.
    with failing_store(after=9 * MIB if compression else 12_000):
        for _ in range(settings.JOB_MAX_ATTEMPTS - 1):
            assert world.run(job).state == Job.State.QUEUED
        world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "storage")
    assert job.error_message == "The storage did not respond. Try again in a few minutes."
    assert not DubbingSession.objects.exists()
    assert_talk_is_stored(world, retry(world, job))


def test_blobs_of_a_failed_import_do_not_block_a_retry(world: World):
    files = {f"audio/{number}.wav": random.Random(number).randbytes(300_000) for number in range(40)}
    job = queue_import(world, zip_of_files(files))

    with failing_store(after=10 * MIB):
        for _ in range(settings.JOB_MAX_ATTEMPTS):
            world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "storage")
    assert not Pin.objects.exists()
    assert retry(world, job).state == Job.State.SUCCEEDED
    assert len(stored_keys()) == len(files)


def test_an_import_succeeds_when_the_store_recovers(world: World):
    job = queue_import(world, zip_of_files(TALK))

    with failing_store():
        assert world.run(job).state == Job.State.QUEUED

    assert_talk_is_stored(world, world.run(job))
