"""Commit a version: the one place that advances an existing session."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core.change_summary import summarize_changes
from dubbing_core.manifest import Manifest, diff_manifests
from dubbing_core.staleness import InputHistory, estimate_history
from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import UnchangedError
from sessions_app.operations.versions.conflict import describe_conflict
from sessions_app.operations.versions.entries import write_entries
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.operations.versions.rows import build_version
from sessions_app.queries.manifests import get_version_manifest
from sessions_app.queue import enqueue_reading


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
    # These take long with thousands of files, so they are done before the row is locked.
    _ = new.fingerprint
    before = before if before is not None else get_version_manifest(parent)
    changes = diff_manifests(before, new.manifest)
    summary = summarize_changes(changes, before)
    history = get_input_history(parent, before)
    is_unchanged = parent is not None and (
        parent.fingerprint == new.fingerprint
        # A release may change what fingerprints contain.
        or (not changes and before.compute_fingerprint(parent.metadata) == new.fingerprint)
    )
    with transaction.atomic():
        locked = DubbingSession.objects.select_for_update().get(pk=session.pk)
        if locked.current_id != (parent.pk if parent else None):
            saved: dict[str, str | None] = {entry.path: None for entry in changes.removed}
            saved |= {entry.path: entry.sha256 for entry in (*changes.added, *changes.changed)}
            raise describe_conflict(locked, parent=parent.number if parent else 0, saved=saved)
        if parent is not None and is_unchanged:
            raise UnchangedError(
                f"Nothing changed since version {parent.number}, so there is no new version."
            )
        number = parent.number + 1 if parent else 1
        added = write_entries(locked, changes, new, number=number)
        version = build_version(
            session=locked,
            number=number,
            new=new,
            added=added,
            since={entry.path: entry.since for entry in before.entries} | dict(added.since),
            history=history,
            changes=summary,
            parent=parent,
            author=author,
            now=now,
        )
        version.save(force_insert=True)
        parent_id = parent.pk if parent else None
        if not locked.advance(version, parent_id=parent_id, stored_size=added.size, now=now):
            raise describe_conflict(locked)
        enqueue_reading(locked.pk)
    session.copy_values(locked)
    return version


def get_input_history(version: Version | None, manifest: Manifest) -> InputHistory:
    """Return the history of the inputs of results up to a version."""
    if version is None or version.input_history:
        return InputHistory.from_dict(version.input_history if version else {})
    return estimate_history(version.metadata, manifest.files)  # saved before it was stored
