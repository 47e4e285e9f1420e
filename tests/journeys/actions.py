"""Actions of the controller: request jobs as pages do, and read rows and bytes.

Only ``create_saved_session``, ``share_session`` and ``read_texts`` may do a worker's work in this process.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, cast
from uuid import uuid4
from zipfile import ZipFile

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from sessions_app import queue
from sessions_app.management.services import worker
from sessions_app.models import (
    AccessToken,
    Blob,
    DubbingSession,
    Entry,
    Export,
    Job,
    Pin,
    Share,
    Upload,
    Version,
    Worker,
)
from sessions_app.operations.accounts.tokens import create_token
from sessions_app.operations.cleanup import garbage
from sessions_app.operations.exports.request import request_export as queue_export
from sessions_app.operations.imports.request import request_import as queue_import
from sessions_app.operations.jobs import cancel, retry
from sessions_app.operations.shares import create_share
from sessions_app.operations.timelines import read_pending_texts
from sessions_app.operations.uploads.staging import object_key
from sessions_app.storage import get_store
from sessions_app.storage.errors import ObjectMissingError
from sessions_app.storage.keys import EXPORTS, STAGING, blob_key
from tests.services.waits import wait_until
from tests.world import Clock, World, read_object, stored_keys, zip_of_files

PASSWORD = "a long walk on the beach"


class WallClock(Clock):
    def __call__(self) -> datetime:
        return timezone.now()


WORLD: list[World] = []
EXPECTED: dict[str, list[str]] = {}
"""Sorted SHA-256 of the files of each job and session, by its code."""


def run(action: str, arguments: dict[str, Any]) -> Any:
    function = cast("Callable[..., Any]", globals()[action])
    return function(**arguments)


# -- Set-up -----------------------------------------------------------------------------------------------------------


def create_users() -> dict[str, str]:
    world = World.create()
    world.clock = WallClock()
    WORLD.append(world)
    User.objects.update(password=make_password(PASSWORD))
    return {"password": PASSWORD}


def get_worker_command() -> list[str]:
    return list(worker.get_service(site_url="http://127.0.0.1").command)


def make_files(*, big: int, small: int) -> dict[str, bytes]:
    """Return a project of random bytes: a video of ``big`` bytes and ``small`` voice segments."""
    block = os.urandom(1024 * 1024)
    count, rest = divmod(big, len(block))
    video = b"".join((*(number.to_bytes(8) + block[8:] for number in range(count)), os.urandom(rest)))
    segments = {f"audio/hi_segment_{number:04}.wav": os.urandom(40_000) for number in range(small)}
    return {"talk.mp4": video, **segments}


def create_saved_session(*, name: str, big: int, small: int) -> str:
    """Create a session with one version. This process performs the save, unless a worker is faster."""
    files = make_files(big=big, small=small)
    session = WORLD[0].session(name)
    _wait_for_success(WORLD[0].save(session, files))
    EXPECTED[str(session.code)] = _digests(files)
    return str(session.code)


def _wait_for_success(job: Job) -> None:
    def has_ended() -> bool:
        job.refresh_from_db()
        return job.is_finished

    wait_until(has_ended, report=lambda: f"The job is {job.state}.")
    assert job.state == Job.State.SUCCEEDED, job.error_detail or job.error_message


# -- Jobs -------------------------------------------------------------------------------------------------------------


def request_export(*, session: str) -> str:
    row = DubbingSession.objects.select_related("current__session").get(code=session)
    assert row.current is not None
    job = queue_export(version=row.current, owner=row.owner, now=timezone.now())
    EXPECTED[str(job.code)] = EXPECTED[session]
    return str(job.code)


def request_import(*, name: str, big: int, small: int) -> str:
    files = make_files(big=big, small=small)
    (upload,) = WORLD[0].upload({f"{name}.zip": zip_of_files(files, compression=0)})
    job = queue_import(upload=upload, owner=WORLD[0].alice, name=name, now=timezone.now())
    EXPECTED[str(job.code)] = _digests(files)
    return str(job.code)


def request_save(*, name: str, big: int, small: int) -> str:
    files = make_files(big=big, small=small)
    job = WORLD[0].save(WORLD[0].session(name), files, run=False)
    # As with a file that is too large to be hashed during its upload: the job takes long enough to be interrupted.
    Upload.objects.filter(job=job).update(received_sha256="")
    EXPECTED[str(job.code)] = _digests(files)
    return str(job.code)


def create_running_job(*, owner: str, name: str, done: int, total: int, session: str = "") -> str:
    """Create a save that no worker works on; return its code.

    :param session: code of the session; without it, this is the first save of a new one.
    """
    now = timezone.now()
    job = Job.objects.create(
        kind=Job.Kind.SAVE,
        owner=User.objects.get(username=owner),
        state=Job.State.RUNNING,
        session=DubbingSession.objects.get(code=session) if session else None,
        params={"name": name},
        attempt=1,
        done_bytes=done,
        total_bytes=total,
        lease_expires_at=now + timedelta(hours=1),
        created_at=now,
        started_at=now,
    )
    return str(job.code)


def fail_job(*, job: str, message: str) -> None:
    row = Job.objects.get(code=job)
    assert row.fail(now=timezone.now(), code="storage", message=message)


def create_running_export(*, session: str) -> str:
    """Create an export of the current version that no worker works on; return its code."""
    row = DubbingSession.objects.select_related("current").get(code=session)
    assert row.current is not None
    now = timezone.now()
    job = Job.objects.create(
        kind=Job.Kind.EXPORT,
        owner=row.owner,
        state=Job.State.RUNNING,
        session=row,
        params={"version": row.current.number},
        attempt=1,
        lease_expires_at=now + timedelta(hours=1),
        created_at=now,
        started_at=now,
    )
    return str(job.code)


def create_failed_export(*, session: str, message: str) -> str:
    """Create an export of the current version that failed before a worker had it; return its code."""
    row = DubbingSession.objects.select_related("current__session").get(code=session)
    assert row.current is not None
    now = timezone.now()
    with transaction.atomic():  # the message to the worker is sent at the end, for a job that is not queued
        job = queue_export(version=row.current, owner=row.owner, now=now)
        Job.objects.filter(pk=job.pk).update(
            state=Job.State.FAILED, error_code="storage", error_message=message, finished_at=now
        )
    return str(job.code)


def cancel_job(*, job: str) -> None:
    cancel.cancel_job(job=Job.objects.get(code=job), now=timezone.now())


def retry_job(*, job: str) -> None:
    retry.retry_job(job=Job.objects.get(code=job), now=timezone.now())


def publish_job(*, job: str) -> int:
    return queue.publish(job_ids=[Job.objects.get(code=job).pk], now=timezone.now())


def _digests(files: dict[str, bytes]) -> list[str]:
    return sorted(hashlib.sha256(data).hexdigest() for data in files.values())


def close_database_connections() -> None:
    """Terminate every other connection to the database, as a restart of its server does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def share_session(*, session: str) -> str:
    """Export a session and share it; return the path of the link's download."""
    row = DubbingSession.objects.select_related("current__session").get(code=session)
    assert row.current is not None
    job = queue_export(version=row.current, owner=row.owner, now=timezone.now())
    _wait_for_success(WORLD[0].run(job))
    created = create_share(
        export=Export.objects.get(job=job), author=row.owner, days=7, note="", now=timezone.now()
    )
    return f"/s/{created.token}/download/"


def count_link_downloads(*, session: str) -> int:
    return Share.objects.get(export__version__session__code=session).download_count


# -- Reading ----------------------------------------------------------------------------------------------------------


def reconnect() -> None:
    """Drop this process's connections: the database has been restarted."""
    connections.close_all()


def count_workers() -> int:
    return Worker.objects.running(now=timezone.now()).count()


def get_job(*, code: str) -> dict[str, Any]:
    row = Job.objects.get(code=code)
    names = ("kind", "state", "attempt", "done_bytes", "total_bytes", "error_code", "error_detail", "result")
    return {name: getattr(row, name) for name in names}


def get_progress(*, job: str) -> dict[str, Any]:
    """Return the job's progress, and whether another process is inside a transaction.

    (A process that is paused inside one keeps its locks, so that no other can take over the job.)
    """
    row = Job.objects.get(code=job)
    running = row.state == Job.State.RUNNING
    return {
        "state": row.state,
        "attempt": row.attempt,
        "inconsistencies": find_inconsistencies(),
        "has_started": running and _has_started(row),
        "is_locked": running and is_database_locked(),
    }


def _has_started(row: Job) -> bool:
    """Return whether the job has read or stored anything."""
    if row.done_bytes or row.pins.exists() or row.uploads.filter(blob__isnull=False).exists():
        return True
    if row.kind == Job.Kind.EXPORT:
        return any(str(row.code) in upload.key for upload in get_store().open_uploads(EXPORTS))
    return bool(stored_keys(f"{STAGING}job-{row.code}-{row.attempt}/"))


def is_database_locked() -> bool:
    """Return whether another process is in a transaction; on SQLite, in one that writes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            return bool(cursor.fetchone()[0])
    other = sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=0, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        other.close()
    return False


def list_open_uploads() -> list[str]:
    """Return the keys of the store's multipart uploads in progress."""
    store = get_store()
    return [upload.key for prefix in (STAGING, EXPORTS) for upload in store.open_uploads(prefix)]


def find_inconsistencies() -> list[str]:
    """Describe effects that are visible to users before they are complete."""
    problems = [
        f"{export} is {size} bytes long"
        for export in Export.objects.filter(removed_at__isnull=True).order_by("-pk")[:5]
        if (size := _size(export.key)) != export.size
    ]
    problems += [
        f"version {entry.added_in} of {entry.session} shows {entry.path}, whose blob is {entry.blob.state}"
        for entry in Entry.objects.exclude(blob__state=Blob.State.STORED).select_related("blob", "session")
    ]
    unfinished = Job.objects.exclude(state=Job.State.SUCCEEDED)
    problems += [f"{row} is {row.state} and has an export" for row in unfinished.filter(export__isnull=False)]
    imported = unfinished.filter(kind=Job.Kind.IMPORT, session__isnull=False)
    problems += [f"{row} is {row.state} and has a session" for row in imported]
    return problems


def _size(key: str) -> int | None:
    try:
        return get_store().size(key)
    except ObjectMissingError:
        return None


def get_outcome(*, job: str) -> dict[str, Any]:
    """Return how often the job took effect, and whether the bytes are the expected ones, or what is wrong with them."""
    row = Job.objects.get(code=job)
    if row.kind == Job.Kind.EXPORT:
        found = Export.objects.filter(version__session=row.session)
        digests = [_digests_in_zip(export) for export in found]
        return {"times": found.count(), "is_whole": digests == [EXPECTED[job]]}
    if row.kind == Job.Kind.IMPORT:
        sessions = DubbingSession.objects.filter(name__startswith=row.params["name"])
        times, session = sessions.count(), sessions.first()
    else:
        times, session = Version.objects.filter(session=row.session).count(), row.session
    return {"times": times, "is_whole": session is not None and _check_store(session, EXPECTED[job])}


def _digests_in_zip(export: Export) -> list[str]:
    with ZipFile(BytesIO(read_object(export.key))) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if name != "metadata.json" and not name.startswith(".")]
        return _digests({name: archive.read(name) for name in names})


def _check_store(session: DubbingSession, expected: list[str]) -> bool | str:
    """Return True if the stored files of the session's current version are the expected ones, False without any, or which are not."""
    rows = Entry.objects.filter(session=session, removed_in__isnull=True).select_related("blob")
    stored = {entry: read_object(blob_key(entry.blob.sha256)) for entry in rows}
    found = _digests({entry.path: data for entry, data in stored.items()})
    if found == expected or not found:
        return bool(found)
    wrong = [
        f"{entry.path} has {len(data)} of {entry.blob.size} bytes, expected: {entry.blob.sha256 in expected}"
        for entry, data in stored.items()
        if hashlib.sha256(data).hexdigest() != entry.blob.sha256
    ]
    return f"{len(found)} of {len(expected)} files; {wrong}"


def collect_garbage() -> dict[str, object]:
    return garbage.collect_garbage(now=timezone.now(), dry_run=False).as_dict()


def find_leftovers() -> list[str]:
    """Describe rows and objects that no longer belong to anything.

    (Uploads, complete or not, stay for another attempt until they expire.)
    """
    needed = set(Export.objects.filter(removed_at__isnull=True).values_list("key", flat=True))
    needed |= {object_key(upload) for upload in Upload.objects.all()}
    found = [key for prefix in (STAGING, EXPORTS) for key in stored_keys(prefix) if key not in needed]
    found += [f"open: {key}" for key in list_open_uploads() if key not in needed]
    found += [str(pin) for pin in Pin.objects.all()]
    unfinished = Blob.objects.exclude(state=Blob.State.STORED).exclude(uploads__isnull=False)
    found += [f"blob {blob} is {blob.state}" for blob in unfinished]
    known = {blob_key(sha256) for sha256 in Blob.objects.values_list("sha256", flat=True)}
    found += [key for key in stored_keys("blobs/") if key not in known]
    return found


# -- Users of one test ------------------------------------------------------------------------------------------------


def create_user(*, name: str, is_operator: bool = False) -> str:
    """Create a user without sessions, and return the user name.

    (It has no password until ``set_password``: hashing one takes longer than everything else.)
    """
    username = f"{name}-{uuid4().hex[:8]}"
    email = f"{username}@example.com"
    user = User.objects.create_user(username, email, is_staff=is_operator, is_superuser=is_operator)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user.username


def set_password(*, name: str) -> str:
    """Give the user a password and return it."""
    user = User.objects.get(username=name)
    user.set_password(PASSWORD)
    user.save()
    return PASSWORD


def create_login_cookie(*, name: str) -> dict[str, str]:
    """Sign the user in; return the session cookie."""
    client = Client()
    client.force_login(User.objects.get(username=name))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    return {"name": cookie.key, "value": cookie.value}


# -- Programs ---------------------------------------------------------------------------------------------------------


def create_access_token(*, owner: str) -> str:
    """Create an access token with write scope and return its secret."""
    user = User.objects.get(username=owner)
    token = create_token(
        owner=user, name="dubs", scope=AccessToken.Scope.WRITE, days=None, now=timezone.now()
    )
    return token.secret


def read_texts() -> None:
    """Read the texts of all sessions now, without waiting for the worker."""
    read_pending_texts(clock=timezone.now)


def list_versions(*, name: str, owner: str) -> list[dict[str, Any]]:
    """Return each version of a session: its message, and the SHA-256 of its files by path as saved."""
    rows = Version.objects.filter(session__name=name, session__owner__username=owner).order_by("number")
    return [
        {
            "message": row.message,
            "files": {
                entry.path: entry.blob.sha256
                for entry in Entry.objects.filter(session=row.session).at(row.number).select_related("blob")
            },
        }
        for row in rows
    ]


def has_uploads(*, owner: str) -> bool:
    return Upload.objects.filter(owner__username=owner).exists()


def get_newest_blob_id() -> int:
    newest = Blob.objects.order_by("-pk").first()
    return newest.pk if newest else 0


def find_damaged_blobs(*, after: int) -> list[str]:
    """Return the recorded SHA-256 of blobs newer than ``after`` whose bytes do not match it."""
    return [
        blob.sha256
        for blob in Blob.objects.filter(state=Blob.State.STORED, pk__gt=after)
        if hashlib.sha256(read_object(blob_key(blob.sha256))).hexdigest() != blob.sha256
    ]
