"""Test users and their actions: Alice owns the data, Bob is a colleague, Charlie has no access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.contrib.auth.models import User
from django.utils import timezone

from dubbing_core.manifest import project_entries
from dubbing_core.selection import Selection
from sessions_app.models import DubbingSession, Entry, Export, Job, Upload, Version, Worker
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.imports.request import request_import
from sessions_app.operations.jobs.run import run_job
from sessions_app.operations.saves.request import SaveRequest, request_save
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.uploads.complete import complete_uploads
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.limits import MAX_PACKED_FILE_SIZE
from sessions_app.operations.uploads.new_files import NewFile, NewPack
from sessions_app.operations.uploads.receive import put_part
from sessions_app.queries.manifests import get_version_manifest
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import PART_SIZE

START = datetime(2025, 8, 3, 18, 11, 2, 123456, tzinfo=UTC)

PROJECT = {
    "my_presentation.mp4": b"source video" * 100,
    "transcriptions/original_asr.json": b'{"text": "Hello and welcome."}',
    "translations/translated.json": '{"hi": "नमस्ते", "es": "Hola"}'.encode(),
    "voices/voice_assignments.json": b'{"hi": "gemini_hi_deep", "es": "edge_es_bright"}',
    "audio/hi_audio.wav": b"hi audio" * 1000,
    "audio/es_audio.wav": b"es audio" * 1000,
}
"""A small project; its media are not playable."""


class Clock:
    """A clock set by the test."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@dataclass
class World:
    alice: User
    bob: User
    charlie: User
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def create(cls) -> World:
        alice, bob, charlie = (
            User.objects.create_user(name, f"{name}@example.com") for name in ("alice", "bob", "charlie")
        )
        return cls(alice=alice, bob=bob, charlie=charlie)

    # -- Actions, as pages and commands perform them ------------------------------------------------------------------

    def upload(self, files: Mapping[str, bytes], *, owner: User | None = None) -> list[Upload]:
        """Upload each file by itself."""
        new = [NewFile(path=path, size=len(data)) for path, data in files.items()]
        uploads = create_uploads(owner=owner or self.alice, files=new, now=self.clock())
        for upload, data in zip(uploads, files.values(), strict=True):
            self._send(upload, data)
        return uploads

    def upload_in_packs(self, files: Mapping[str, bytes], *, owner: User) -> list[Upload]:
        """Upload files as the client does: the small ones in one pack."""
        if not files:
            return []
        small = {path: data for path, data in files.items() if len(data) <= MAX_PACKED_FILE_SIZE}
        if len(small) < 2:
            return self.upload(files, owner=owner)
        large = {path: data for path, data in files.items() if path not in small}
        pack = NewPack(files=[NewFile(path=path, size=len(data)) for path, data in small.items()])
        (upload,) = create_uploads(owner=owner, files=[pack], now=self.clock())
        self._send(upload, b"".join(small.values()))
        return [upload, *(self.upload(large, owner=owner) if large else [])]

    @staticmethod
    def start_media_worker() -> None:
        """Record a worker for media, which runs for the next hour."""
        now = timezone.now()
        Worker.objects.create(
            name="media@test",
            processes=1,
            performs_jobs=False,
            reads_media=True,
            started_at=now,
            seen_at=now + timedelta(hours=1),
        )

    @staticmethod
    def start_proxy_worker() -> None:
        """Record a worker for light copies, which runs for the next hour."""
        now = timezone.now()
        Worker.objects.create(
            name="proxies@test",
            processes=1,
            performs_jobs=False,
            makes_proxies=True,
            started_at=now,
            seen_at=now + timedelta(hours=1),
        )

    def _send(self, upload: Upload, data: bytes) -> None:
        for number, start in enumerate(range(0, len(data), PART_SIZE), 1):
            part = data[start : start + PART_SIZE]
            put_part(upload=upload, number=number, chunks=[part], now=self.clock())
        upload.refresh_from_db()
        complete_uploads(uploads=[upload], now=self.clock())

    def session(self, name: str = "talk", *, owner: User | None = None) -> DubbingSession:
        return create_session(owner=owner or self.alice, name=name, now=self.clock())

    def save(
        self,
        session: DubbingSession,
        files: Mapping[str, bytes],
        *,
        message: str = "",
        run: bool = True,
        **request: Any,
    ) -> Job:
        """Upload files and save them on top of the current version; run the job if ``run``."""
        session.refresh_from_db()
        parent = session.current.number if session.current else 0
        save_request = SaveRequest(**{"parent": parent, "message": message, **request})
        job = request_save(
            session=session,
            author=session.owner,
            files=self.upload_in_packs(files, owner=session.owner),
            request=save_request,
            now=self.clock(),
        )
        return self.run(job) if run else job

    def saved(
        self, name: str = "talk", files: Mapping[str, bytes] = PROJECT, *, owner: User | None = None
    ) -> DubbingSession:
        """Create a session with one version."""
        session = self.session(name, owner=owner)
        job = self.save(session, files)
        assert job.state == Job.State.SUCCEEDED, job.error_detail or job.error_message
        session.refresh_from_db()
        return session

    def exported(self, version: Version, **selection: Any) -> Export:
        choices = Selection.from_choices(**selection)
        owner = version.session.owner
        job = self.run(request_export(version=version, owner=owner, selection=choices, now=self.clock()))
        assert job.state == Job.State.SUCCEEDED, job.error_detail or job.error_message
        return Export.objects.get(job=job)

    def imported(
        self,
        data: bytes,
        filename: str = "talk.zip",
        *,
        name: str = "",
        owner: User | None = None,
        kind: Job.Kind = Job.Kind.IMPORT,
    ) -> Job:
        owner = owner or self.alice
        (upload,) = self.upload({filename: data}, owner=owner)
        return self.run(request_import(upload=upload, owner=owner, name=name, now=self.clock(), kind=kind))

    def run(self, job: Job) -> Job:
        run_job(job_id=job.pk, clock=self.clock)
        job.refresh_from_db()
        return job

    # -- Contents ----------------------------------------------------------------------------------------------------

    def files(self, version: Version) -> dict[str, bytes]:
        """Return the version's files at their paths as saved, read from the store."""
        rows = Entry.objects.filter(session=version.session).at(version.number).select_related("blob")
        return {entry.path: read_object(blob_key(entry.blob.sha256)) for entry in rows}

    def tree(self, version: Version) -> dict[str, bytes]:
        """Return the version's files at their paths in the session's tree, read from the store."""
        entries = project_entries(get_version_manifest(version).entries)
        return {entry.path: read_object(blob_key(entry.sha256)) for entry in entries}

    def zip_of(self, export: Export) -> dict[str, bytes]:
        with ZipFile(BytesIO(read_object(export.key))) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def read_object(key: str) -> bytes:
    store = get_store()
    size = store.size(key)
    return b"".join(store.read(key, 0, size)) if size else b""


def zip_of_files(files: Mapping[str, bytes], *, compression: int = 8) -> bytes:
    """Return a ZIP made by the standard library; deflated as the original session manager does."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def stored_keys(prefix: str = "") -> list[str]:
    """Return the sorted keys of the store's objects."""
    store = get_store()
    prefixes = [prefix] if prefix else ["blobs/", "staging/", "exports/"]
    return sorted(stored.key for one in prefixes for stored in store.list(one))


def folder_of(files: Mapping[str, bytes], root: Path) -> Path:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root
