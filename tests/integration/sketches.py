"""Rows without the work behind them, for tests that ask pages rather than jobs; and how people come to pages."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client

from dubbing_core import metadata
from dubbing_core.manifest import Manifest, ManifestEntry
from dubbing_core.placement import place_files
from dubbing_core.texts import ExtractedTexts
from sessions_app.models import AccessToken, Blob, DubbingSession, Export, Job, Share, Version
from sessions_app.operations.accounts.tokens import NewToken, create_token
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.shares import NewShare, create_share
from sessions_app.operations.versions.commit import commit_version
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key, export_key
from tests.world import PROJECT

UNKNOWN_CODE = "00000000-0000-4000-8000-000000000000"
ZIP = b"PK\5\6" + bytes(18) + b"a stand-in for an export's bytes"


def now() -> datetime:
    """Pages read the real clock."""
    return datetime.now(UTC)


def signed_in(user: User | None, **options: Any) -> Client:
    client = Client(**options)
    if user is not None:
        client.force_login(user)
    return client


def post_json(client: Client, url: str, body: object) -> Any:
    return client.post(url, body, content_type="application/json")


def bytes_of(response: HttpResponseBase) -> bytes:
    return b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]  # responses of either kind


def blob_of(data: bytes) -> Blob:
    """A blob's row; its bytes are only where :func:`store_blobs` put them."""
    (blob,) = blobs_of([data]).values()
    return blob


def blobs_of(datas: Iterable[bytes]) -> dict[bytes, Blob]:
    """Return the row of each content, with two statements: a row for each would take most of a test's time."""
    digests = {data: hashlib.sha256(data).hexdigest() for data in datas}
    Blob.objects.bulk_create(
        [
            Blob(
                sha256=sha256,
                size=len(data),
                crc32=zlib.crc32(data),
                state=Blob.State.STORED,
                created_at=now(),
            )
            for data, sha256 in digests.items()
        ],
        ignore_conflicts=True,
    )
    rows = {blob.sha256: blob for blob in Blob.objects.filter(sha256__in=digests.values())}
    return {data: rows[sha256] for data, sha256 in digests.items()}


def sketch_version(
    session: DubbingSession,
    files: Mapping[str, bytes] = PROJECT,
    *,
    document: Mapping[str, Any] | None = None,
    author: User | None = None,
) -> Version:
    """Make the session's next version as a save does, without uploads, job and bytes."""
    placed = place_files(list(files), languages=list((document or {}).get("languages", ())))
    stored = blobs_of(files.values())
    blobs = {placement.path: stored[files[placement.source]] for placement in placed}
    manifest = Manifest.from_entries(
        ManifestEntry(
            path=placement.path,
            sha256=blobs[placement.path].sha256,
            size=blobs[placement.path].size,
            crc32=blobs[placement.path].crc32,
            category=placement.category,
            language=placement.language,
            role=placement.role,
        )
        for placement in placed
    )
    moment = now()
    built = metadata.build_document(
        dict(document) if document is not None else None,
        entries=manifest.entries,
        video_name=None,
        texts=ExtractedTexts(),
        created_at=session.created_at,
        last_updated=moment,
        last_accessed=moment,
        keep_stage=document is not None,
    )
    new = NewVersion(
        manifest=manifest,
        blob_ids={path: blob.pk for path, blob in blobs.items()},
        document=built,
    )
    return commit_version(
        session=session, parent=session.current, new=new, author=author or session.owner, now=moment
    )


def sketch_session(
    owner: User,
    name: str = "talk",
    files: Mapping[str, bytes] = PROJECT,
    *,
    document: Mapping[str, Any] | None = None,
) -> DubbingSession:
    session = create_session(owner=owner, name=name, now=now())
    sketch_version(session, files, document=document)
    session.refresh_from_db()
    return session


def current_of(session: DubbingSession) -> Version:
    session.refresh_from_db()
    assert session.current is not None
    return session.current


def sketch_job(session: DubbingSession, kind: Job.Kind = Job.Kind.EXPORT, **fields: Any) -> Job:
    defaults: dict[str, Any] = {"state": Job.State.QUEUED, "params": {"version": 1}, "created_at": now()}
    return Job.objects.create(kind=kind, owner=session.owner, session=session, **{**defaults, **fields})


def sketch_export(session: DubbingSession, *, key: str = "", size: int = len(ZIP)) -> Export:
    """Create an export's row and its job; ``key`` is the object with its bytes, if the test needs them."""
    return Export.objects.create(
        version=current_of(session),
        owner=session.owner,
        job=sketch_job(session, state=Job.State.SUCCEEDED, finished_at=now()),
        filename=f"{session.name}_export.zip",
        key=key or export_key(secrets.token_hex(8)),
        size=size,
        etag=f'"{secrets.token_hex(8)}"',
        created_at=now(),
        expires_at=now() + timedelta(days=7),
    )


def sketch_share(export: Export, *, days: int = 7) -> NewShare:
    return create_share(export=export, author=export.owner, days=days, note="for Bob", now=now())


def sketch_token(
    owner: User, *, scope: AccessToken.Scope = AccessToken.Scope.WRITE, days: int | None = 30
) -> NewToken:
    return create_token(owner=owner, name="my laptop", scope=scope, days=days, now=now())


def expired(share: Share) -> Share:
    Share.objects.filter(pk=share.pk).update(expires_at=now() - timedelta(seconds=1))
    return share


def put_object(key: str, data: bytes) -> str:
    with get_store().writer(key) as writer:
        writer.write(data)
    return key


def store_blobs(datas: Iterable[bytes]) -> None:
    for data in datas:
        put_object(blob_key(hashlib.sha256(data).hexdigest()), data)
