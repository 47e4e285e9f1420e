"""Commit a version: the one place that advances an existing session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from dubbing_core.change_summary import summarize_changes
from dubbing_core.input_history import InputHistory
from dubbing_core.manifest import Changes, Manifest, diff_manifests
from dubbing_core.sentences import sentence
from dubbing_core.staleness import estimate_history
from sessions_app.models import DubbingSession, Version
from sessions_app.models.compiled_query import compiled
from sessions_app.operations.errors import UnchangedError
from sessions_app.operations.versions.conflict import describe_conflict
from sessions_app.operations.versions.entries import AddedBlobs, find_added_blobs, write_entries
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.operations.versions.rows import build_version
from sessions_app.queries.manifests import get_version_manifest
from sessions_app.queue import enqueue_media, enqueue_reading


@dataclass(frozen=True, kw_only=True)
class PreparedVersion:
    """A version to commit, with all that is computed before its session is locked."""

    new: NewVersion
    parent: Version | None
    changes: Changes
    """Since ``parent``."""
    added: AddedBlobs
    version: Version
    """Its row, not saved yet."""
    is_unchanged: bool
    """Whether files and metadata equal those of ``parent``."""


def prepare_version(
    *,
    session: DubbingSession | None,
    parent: Version | None,
    new: NewVersion,
    author: AbstractBaseUser | None,
    now: datetime,
    before: Manifest | None = None,
) -> PreparedVersion:
    """Compute everything about a version that takes long with thousands of files.

    :param session: None if it does not exist yet.
    :param before: the manifest of ``parent``, if the caller has it.
    """
    before = before if before is not None else get_version_manifest(parent)
    changes = diff_manifests(before, new.manifest)
    number = parent.number + 1 if parent else 1
    added = find_added_blobs(session, changes, new.blob_ids, number=number)
    version = build_version(
        session=session,
        number=number,
        new=new,
        added=added,
        since={entry.path: entry.since for entry in before.entries} | dict(added.since),
        history=get_input_history(parent, before),
        changes=summarize_changes(changes, before),
        parent=parent,
        author=author,
        now=now,
    )
    is_unchanged = parent is not None and (
        parent.fingerprint == new.fingerprint
        # A release may change what fingerprints contain.
        or (not changes and before.compute_fingerprint(parent.metadata) == new.fingerprint)
    )
    return PreparedVersion(
        new=new, parent=parent, changes=changes, added=added, version=version, is_unchanged=is_unchanged
    )


def commit_version(
    *,
    session: DubbingSession,
    parent: Version | None,
    new: NewVersion,
    author: AbstractBaseUser | None,
    now: datetime,
    before: Manifest | None = None,
) -> Version:
    """Make ``new`` the session's current version, if ``parent`` is current.

    Its blobs must be durable and pinned by a job, or needed by an upload or a version. Writes rows for changes only.

    :param before: the manifest of ``parent``, if the caller has it.
    :raises ConflictError: another user saved in the meantime; nothing was written.
    :raises UnchangedError: files and metadata equal those of ``parent``.
    """
    prepared = prepare_version(session=session, parent=parent, new=new, author=author, now=now, before=before)
    return commit_prepared(prepared, session=session, now=now)


def commit_prepared(prepared: PreparedVersion, *, session: DubbingSession, now: datetime) -> Version:
    """Do what `commit_version` does, with a prepared version.

    :param session: that for which it was prepared, or the new one.
    """
    parent, version, changes = prepared.parent, prepared.version, prepared.changes
    with transaction.atomic():
        locked = next(iter(_lock_sessions(session)), None)
        if locked is None:
            raise DubbingSession.DoesNotExist
        if locked.current_id != (parent.pk if parent else None):
            saved: dict[str, str | None] = {entry.path: None for entry in changes.removed}
            saved |= {entry.path: entry.sha256 for entry in (*changes.added, *changes.changed)}
            raise describe_conflict(locked, parent=parent.number if parent else 0, saved=saved)
        if parent is not None and prepared.is_unchanged:
            raise UnchangedError(
                sentence(
                    "Nothing changed since version %(number)s, so there is no new version.",
                    number=parent.number,
                )
            )
        write_entries(locked, changes, prepared.added, prepared.new.blob_ids, number=version.number)
        version.session, version.created_at = locked, now
        version.save(force_insert=True)
        parent_id = parent.pk if parent else None
        if not locked.advance(version, parent_id=parent_id, stored_size=prepared.added.size, now=now):
            raise describe_conflict(locked)
        enqueue_reading(locked.pk)
        enqueue_media(locked.pk)
    session.copy_values(locked)
    return version


@compiled
def _lock_sessions(session: DubbingSession) -> QuerySet[DubbingSession]:
    return DubbingSession.objects.select_for_update().filter(pk=session.pk)


def get_input_history(version: Version | None, manifest: Manifest) -> InputHistory:
    """Return the history of the inputs of results up to a version."""
    if version is None or version.input_history:
        return InputHistory.from_dict(version.input_history if version else {})
    return estimate_history(version.metadata, manifest.files)  # saved before it was stored
