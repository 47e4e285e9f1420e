"""Makes versions: the one place that moves a session forward."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core import metadata
from dubbing_core.manifest import Changes, Manifest, diff_manifests
from dubbing_core.progress import compute_progress, compute_stage
from dubbing_core.session_names import fold_session_name
from dubbing_core.texts import ExtractedTexts
from sessions_app.models import DubbingSession, Entry, Version
from sessions_app.models.bulk import insert_rows
from sessions_app.operations.errors import ConflictError, NotAllowedError, UnchangedError
from sessions_app.queries.manifests import get_version_contents, get_version_manifest

Item = TypeVar("Item")

ENTRY_COLUMNS = ("session_id", "path", "blob_id", "category", "language", "origin", "added_in")
BATCH = 500
"""Rows a statement; databases limit the variables of one."""


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """A state to be saved: its files, the blob each one holds, and its metadata.json (paths relative)."""

    manifest: Manifest
    blob_ids: Mapping[str, int]
    document: Mapping[str, Any]
    message: str = ""
    restored_from: int | None = None

    @cached_property
    def fingerprint(self) -> str:
        return self.manifest.compute_fingerprint(self.document)


def commit(
    *,
    session: DubbingSession,
    parent: Version | None,
    new: NewVersion,
    author: AbstractBaseUser | None,
    now: datetime,
    before: Manifest | None = None,
) -> Version:
    """Make ``new`` the session's current version, if ``parent`` still is.

    The blobs must be durable and kept by a job, an upload or another version. Writes rows for what changed alone.

    :param before: what ``parent`` holds, where the caller knows it already.
    :raises ConflictError: somebody saved in the meantime; nothing was written.
    :raises UnchangedError: files and metadata are those of ``parent``.
    """
    # Both take their time with thousands of files, which nobody should wait for who wants the row.
    _ = new.fingerprint
    changes = diff_manifests(before if before is not None else get_version_manifest(parent), new.manifest)
    with transaction.atomic():
        locked = DubbingSession.objects.select_for_update().get(pk=session.pk)
        if locked.current_id != (parent.pk if parent else None):
            raise conflict(locked)
        if parent is not None and parent.fingerprint == new.fingerprint:
            raise UnchangedError(
                f"Nothing changed since version {parent.number}, so there is no new version."
            )
        number = parent.number + 1 if parent else 1
        stored_size = _write_entries(locked, changes, new, number=number)
        version = row(session=locked, number=number, new=new, stored_size=stored_size, author=author, now=now)
        version.save(force_insert=True)
        if not locked.advance(version.pk, parent_id=parent.pk if parent else None, now=now):
            raise conflict(locked)
    session.refresh_from_db()
    return version


def row(
    *,
    session: DubbingSession | None,
    number: int,
    new: NewVersion,
    stored_size: int,
    author: AbstractBaseUser | None,
    now: datetime,
) -> Version:
    """Return the version's row, not saved yet, with what lists and searches need beside its document.

    :param session: None where it is not made yet.
    :param stored_size: bytes of the blobs that the session did not hold before.
    """
    progress = compute_progress(new.document, {entry.category for entry in new.manifest.entries})
    video_name = str(new.document.get("video_name") or "")[:255]
    return Version(
        session=session,
        number=number,
        created_at=now,
        created_by_id=author.pk if author else None,
        message=new.message,
        restored_from=new.restored_from,
        document=json.dumps(new.document),
        fingerprint=new.fingerprint,
        file_count=len(new.manifest.entries),
        total_size=new.manifest.total_size,
        stored_size=stored_size,
        video_name=video_name,
        folded_video_name=fold_session_name(video_name),
        language_tags=Version.join_tags(new.document.get("languages") or []),
        stage=compute_stage(progress).value,
        has_transcription=progress.has_transcription,
        has_translations=progress.has_translations,
        has_audio=progress.has_audio,
        has_videos=progress.has_videos,
    )


def conflict(session: DubbingSession) -> ConflictError:
    """Say who saved what in the meantime."""
    current = Version.objects.select_related("created_by").filter(pk=session.current_id or 0).first()
    if current is None:
        return ConflictError("This session holds no version yet. Load its page again, then save.", current=0)
    who = current.saved_by or "Somebody"
    what = f" (“{current.message}”)" if current.message else ""
    return ConflictError(
        f"{who} saved version {current.number}{what} at {current.created_at:%Y-%m-%d %H:%M} UTC while you were working. "
        f"Your files are kept: look at version {current.number}, then save on top of it.",
        current=current.number,
    )


def restore(*, session: DubbingSession, number: int, author: AbstractBaseUser, now: datetime) -> Version:
    """Make a new version that holds what version ``number`` held. No bytes move, nothing in between is lost.

    :raises NotAllowedError: the session has no such version.
    :raises UnchangedError: the current version is the same.
    """
    with transaction.atomic():
        locked = DubbingSession.objects.select_for_update().get(pk=session.pk)
        versions = {version.pk: version for version in Version.objects.filter(session=locked, number=number)}
        old = next(iter(versions.values()), None)
        if old is None:
            raise NotAllowedError(f"This session has no version {number}.", code="no_such_version")
        parent = locked.current
        held = get_version_contents(old)
        manifest = held.manifest
        document = metadata.build_document(
            old.metadata,
            entries=manifest.entries,
            video_name=None,
            texts=ExtractedTexts(),
            created_at=locked.created_at,
            last_updated=now,
            last_accessed=locked.last_accessed,
            keep_stage=True,
        )
        new = NewVersion(
            manifest=manifest,
            blob_ids=held.blob_ids,
            document=document,
            message=f"Restored from version {number}",
            restored_from=number,
        )
        version = commit(session=locked, parent=parent, new=new, author=author, now=now)
    session.refresh_from_db()
    return version


def _write_entries(session: DubbingSession, changes: Changes, new: NewVersion, *, number: int) -> int:
    """Write what changed between two versions; return the size of blobs the session did not hold before."""
    gone = [entry.path for entry in (*changes.removed, *changes.changed)]
    for paths in _batches(gone):
        Entry.objects.filter(session=session, path__in=paths, removed_in__isnull=True).update(
            removed_in=number
        )
    arrived = [*changes.added, *changes.changed]
    rows = [
        (
            session.pk,
            entry.path,
            new.blob_ids[entry.path],
            entry.category.value,
            entry.language,
            entry.origin,
            number,
        )
        for entry in arrived
    ]
    sizes = {new.blob_ids[entry.path]: entry.size for entry in arrived}
    known: set[int] = set()
    for ids in _batches(list(sizes)):
        known.update(Entry.objects.filter(session=session, blob_id__in=ids).values_list("blob_id", flat=True))
    insert_rows(Entry, ENTRY_COLUMNS, rows)
    return sum(size for blob_id, size in sizes.items() if blob_id not in known)


def _batches(items: list[Item]) -> Iterable[list[Item]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
