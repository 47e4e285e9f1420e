"""Data of a portal under load, created in a process with its settings."""

from __future__ import annotations

import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from bench.load_user import SLOW_SIZE, LoadUser
from sessions_app import queue
from sessions_app.models import AccessToken, DubbingSession, Export, Job, Version
from sessions_app.operations.accounts.tokens import create_token
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.imports.request import request_file_import
from sessions_app.operations.jobs.run import run_job
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.storage import get_store
from tests.world import World

SESSIONS = 30
FILES = 60
VERSIONS = 4
HEAVY = "heavy"
BLOCK_SIZE = 1024 * 1024
POLL_INTERVAL = 0.1
LARGE_SIZE = 40 * 1024 * 1024
"""Bytes of the file that stalled clients download: more than any socket's buffers."""


class WallClock:
    def __call__(self) -> Any:
        return timezone.now()


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


def create_users(count: int, *, uploads: int, sessions: int = SESSIONS) -> list[LoadUser]:
    """Create users with sessions, access tokens and ``uploads`` unsent uploads each."""
    return [_create_user(f"user{number}", uploads, sessions) for number in range(count)]


def _create_user(name: str, uploads: int, sessions: int) -> LoadUser:
    user = User.objects.create_user(name, f"{name}@example.com")
    clock: Any = WallClock()
    world = World(alice=user, bob=user, charlie=user, clock=clock)
    large = world.saved("large", {"talk.mp4": os.urandom(LARGE_SIZE)})
    codes = [large.code]
    session, files = large, {"notes.txt": b"0"}
    for number in range(sessions):
        language = ("hi", "es", "fr", "de", "ja")[number % 5]
        files = {
            f"audio/{language}_segment_{each:03}.wav": f"{name}{number}{each}".encode() * 20
            for each in range(FILES)
        }
        session = world.saved(f"Talk {number}", {"talk.mp4": b"video" * 100, **files})
        codes.append(session.code)
    for version in range(VERSIONS - 1):
        world.save(session, {"talk.mp4": b"video" * 100, **files, "notes.txt": f"{version}".encode()})
    token = create_token(
        owner=user, name="bench", scope=AccessToken.Scope.WRITE, days=None, now=timezone.now()
    )
    new = [NewFile(path=f"slow_{number}.mp4", size=SLOW_SIZE) for number in range(uploads)]
    created = create_uploads(owner=user, files=new, now=timezone.now()) if new else []
    pages = ["/sessions/"] * 4 + [f"/sessions/{code}/" for code in codes[1:9]]
    return LoadUser(
        cookie=_sign_in(user),
        token=token.secret,
        paths=(*pages, "/jobs/", f"/sessions/{session.code}/versions/{VERSIONS}/export/new/"),
        session=str(codes[1]),
        archive=f"/sessions/{large.code}/versions/1/archive.zip",
        uploads=tuple(f"/api/v1/uploads/{upload.code}/parts/1" for upload in created),
    )


def _sign_in(user: User) -> str:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


def create_heavy_work(folder: str, *, export_size: int, import_size: int) -> None:
    """Create a session of ``export_size`` bytes and a ZIP of ``import_size``."""
    user = User.objects.create_user(HEAVY)
    source = Path(folder) / "export.zip"
    _write_archive(source, [export_size // 2] * 2)
    job = request_file_import(file=source, owner=user, name="export", now=timezone.now())
    run_job(job_id=job.pk, clock=timezone.now)
    source.unlink()
    job.refresh_from_db()
    if job.state != Job.State.SUCCEEDED:
        raise HeavyWorkError(f"The session to export could not be created: {job.error_message}")
    _write_archive(Path(folder) / "import.zip", [import_size])


class HeavyWorkError(Exception):
    pass


def _write_archive(path: Path, sizes: list[int]) -> None:
    """Write a ZIP of videos that do not compress and have no equal parts."""
    block = os.urandom(BLOCK_SIZE)
    with ZipFile(path, "w") as archive:
        for number, size in enumerate(sizes):
            with archive.open(f"{number}.mp4", "w", force_zip64=True) as video:
                for place in range(size // BLOCK_SIZE):
                    video.write(f"{path.name} {number} {place}".encode().ljust(64) + block[64:])


def do_heavy_work(folder: str, *, timeout: float) -> list[str]:
    """Queue the export and the import, and wait for their end.

    Returns descriptions of those that did not succeed in time.
    """
    user = User.objects.get(username=HEAVY)
    for export in Export.objects.filter(owner=user):
        get_store().delete(export.key)
        export.delete()
    DubbingSession.objects.filter(owner=user, name="import").delete()
    version = Version.objects.select_related("session").get(session__owner=user, session__name="export")
    archive = Path(folder) / "import.zip"
    exporting = request_export(version=version, owner=user, now=timezone.now())
    importing = request_file_import(file=archive, owner=user, name="import", now=timezone.now())
    # Commands that import a file run the job themselves; here a worker shall.
    queue.publish(job_ids=[importing.pk], now=timezone.now())
    jobs = Job.objects.filter(pk__in=[exporting.pk, importing.pk])
    deadline = time.monotonic() + timeout
    while jobs.unfinished().exists() and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL)
    return [f"{job.kind} {job.state} {job.error_message}" for job in jobs.exclude(state=Job.State.SUCCEEDED)]
