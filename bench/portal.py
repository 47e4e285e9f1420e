"""The portal's side of each work: operations, measured in a running process.

The operations are those that views, workers and commands call.

Imported only by workers, after Django is set up. Everything is hashed and durable, as in production.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import QuerySet
from django.utils import timezone

from bench.session import files_of
from dubbing_sessions.garbage_collection import exempt_modules
from sessions_app.http.lookups import get_job_or_404, get_upload_or_404, get_uploads_or_404
from sessions_app.models import DubbingSession, Entry, Export, Job, Upload, Version
from sessions_app.models.compiled_query import compiled
from sessions_app.operations.blobs import delete_new_blobs
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.imports.request import request_file_import
from sessions_app.operations.ingest.sources import FileSource
from sessions_app.operations.jobs.run import run_claimed_job, run_job
from sessions_app.operations.loads import load_version
from sessions_app.operations.saves.request import SaveRequest, request_save
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.operations.uploads.parts import part_count, part_length
from sessions_app.operations.uploads.receive import put_part
from sessions_app.queries.manifests import get_version_manifest
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key
from sessions_app.storage.part_sizes import choose_part_size

OWNER = "bench"
SENDERS = ThreadPoolExecutor(3)
"""Three parts at once, as the upload page sends them, in running threads like those of a web server."""
LONG_BEFORE = timedelta(days=400)


def disable_syncs() -> None:
    """Do not wait for the disk from here on, for files (fsync) or the database."""
    os.fsync = _skip_sync
    os.fdatasync = _skip_sync
    connection_created.connect(_disable_database_syncs)


def _skip_sync(fd: object) -> None:
    del fd


def _disable_database_syncs(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")


def set_up() -> None:
    """Prepare the database, and run a small job of each kind to finish lazy imports."""
    call_command("migrate", interactive=False, verbosity=0)
    User.objects.get_or_create(username=OWNER)
    with TemporaryDirectory() as folder:
        files = Path(folder) / "files"
        (files / "audio").mkdir(parents=True)
        (files / "audio" / "hi_audio.wav").write_bytes(bytes(100_000))
        save("first", files)
        export("first")
        import_file("again", Path(exported("first")))
        (Path(folder) / "loaded").mkdir()
        load("first", Path(folder) / "loaded")
    delete_session("first")
    delete_session("again")
    exempt_modules()  # as web processes and workers do


# -- Works: each returns the seconds it took ---------------------------------------------------------------------------


def save(name: str, folder: Path) -> float:
    """Upload the folder's files as a browser does and save them as a new session."""
    files = {str(path.relative_to(folder)): path for path in files_of(folder)}
    start = perf_counter()
    session = create_session(owner=_owner(), name=name, now=timezone.now())
    _save(session, files, parent=0)
    return perf_counter() - start


def save_again(name: str, files: Mapping[str, Path]) -> float:
    """Upload only the changed files and save them as the next version."""
    start = perf_counter()
    session = _session(name)
    assert session.current is not None
    _save(session, files, parent=session.current.number)
    return perf_counter() - start


def export(name: str) -> float:
    start = perf_counter()
    _run(request_export(version=_version(name), owner=_owner(), now=timezone.now()))
    return perf_counter() - start


def import_file(name: str, file: Path) -> float:
    start = perf_counter()
    _run(request_file_import(file=file, owner=_owner(), name=name, now=timezone.now()))
    return perf_counter() - start


def load(name: str, folder: Path) -> float:
    start = perf_counter()
    load_version(version=_version(name), folder=folder, overwrite=False, now=timezone.now())
    return perf_counter() - start


# -- Before and after --------------------------------------------------------------------------------------------------


def delete_session(name: str) -> None:
    """Delete the session, if it exists, and every blob that no other session needs."""
    for session in DubbingSession.objects.filter(name=name):
        ids = set(Entry.objects.filter(session=session).values_list("blob_id", flat=True))
        trash_sessions(sessions=[session], now=timezone.now())
        purge_session(session=session, now=timezone.now())
        delete_new_blobs(ids, created_since=session.created_at - LONG_BEFORE)


def delete_exports() -> None:
    for export in Export.objects.all():
        get_store().delete(export.key)
        export.delete()


def exported(name: str) -> str:
    """Return the path of the session's export on this machine."""
    files = get_store().capabilities.local_files
    assert files is not None
    return str(files.local_path(Export.objects.get(version=_version(name)).key))


def check(name: str, folder: Path) -> None:
    """Check that the session contains the folder's files, reading each from the store."""
    store = get_store()
    entries = get_version_manifest(_version(name)).entries
    stored = Counter(_sha256(store.read(blob_key(entry.sha256), 0, entry.size)) for entry in entries)
    expected = Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in files_of(folder))
    assert stored == expected, f"{name} does not contain the files of {folder}."


def paths(name: str) -> list[str]:
    return [entry.path for entry in get_version_manifest(_version(name)).entries]


# -- Parts -------------------------------------------------------------------------------------------------------------


def _owner() -> User:
    return _find_owner(OWNER)[0]


@compiled
def _find_owner(name: str) -> QuerySet[User]:
    return User.objects.filter(username=name)


def _session(name: str) -> DubbingSession:
    (session,) = _find_sessions(name)
    return session


@compiled
def _find_sessions(name: str) -> QuerySet[DubbingSession]:
    return DubbingSession.objects.live().select_related("current", "owner").filter(name=name)


def _version(name: str) -> Version:
    session = _session(name)
    return Version.objects.select_related("session").get(pk=session.current_id or 0)


def _save(session: DubbingSession, files: Mapping[str, Path], *, parent: int) -> None:
    received = _send(files)
    # As for the client, which waits for the end.
    job = request_save(
        session=session,
        author=session.owner,
        files=received,
        request=SaveRequest(parent=parent),
        now=timezone.now(),
        can_run=True,
    )
    _run(job)


def _send(files: Mapping[str, Path]) -> list[Upload]:
    new = [NewFile(path=path, size=file.stat().st_size) for path, file in files.items()]
    created = create_uploads(owner=_owner(), files=new, now=timezone.now())
    pending = [
        (upload.code, number, file)
        for upload, file in zip(created, files.values(), strict=True)
        for number in range(1, part_count(upload) + 1)
    ]
    for _ in SENDERS.map(_send_part, pending):
        pass
    return get_uploads_or_404(_owner(), [upload.code for upload in created])


def _send_part(part: tuple[UUID, int, Path]) -> None:
    code, number, file = part
    upload = get_upload_or_404(_owner(), code)  # like each request
    start = (number - 1) * choose_part_size(upload.size)
    chunks = FileSource(file).read(start, start + part_length(upload, number))
    # The client and the page let the last part complete the upload.
    put_part(upload=upload, number=number, chunks=chunks, now=timezone.now(), completes=True)


def _run(job: Job) -> None:
    if job.state == Job.State.RUNNING:
        run_claimed_job(job, clock=timezone.now)
    else:
        run_job(job_id=job.pk, clock=timezone.now)
    job = get_job_or_404(_owner(), job.code)
    assert job.state == Job.State.SUCCEEDED, job.error_detail or job.error_message


def _sha256(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
