"""Data of a portal under load, created in a process with its settings (``bench.worker``)."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from bench.load_user import LoadUser
from sessions_app.models import AccessToken, Export, Job, Version
from sessions_app.operations.accounts.tokens import create_token
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.jobs.run import run_job
from sessions_app.operations.shares.create import create_share
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from tests.world import World

SESSIONS = 30
FILES = 60
VERSIONS = 4
SLOW_SIZE = 8 * 1024 * 1024
"""Bytes of a slow upload: one part."""
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


def create_link(name: str) -> str:
    """Share a user's large session; return the path of the link's download."""
    user = User.objects.get(username=name)
    version = Version.objects.select_related("session").get(session__owner=user, session__name="large")
    job = request_export(version=version, owner=user, now=timezone.now())
    run_job(job_id=job.pk, clock=timezone.now)
    job = Job.objects.get(pk=job.pk)
    export = Export.objects.select_related("version__session").get(job=job)
    created = create_share(export=export, author=user, days=7, note="", now=timezone.now())
    return f"/s/{created.token}/download/"
