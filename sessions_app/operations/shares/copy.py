"""Copy of a shared export in the recipient's own sessions."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core import metadata
from dubbing_core.manifest import Manifest
from dubbing_core.selection import Selection
from dubbing_core.sentences import sentence
from sessions_app.access import usable_shares
from sessions_app.models import DubbingSession, Share
from sessions_app.operations.accounts.quotas import check_quota
from sessions_app.operations.disk_space import BYTES_PER_FILE, check_disk_space
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.versions.commit import commit_version
from sessions_app.operations.versions.history import HistoryRows, build_history, commit_history
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.queries.history import find_history_blobs, get_history
from sessions_app.queries.manifests import get_version_contents


def copy_shared_export(*, share: Share, owner: AbstractBaseUser, now: datetime) -> DubbingSession:
    """Create a session of ``owner`` from the shared part of the version.

    Writes rows only; no bytes are copied.

    :raises NotAllowedError: the link has expired or was revoked.
    :raises OverQuotaError: the files exceed the quota of ``owner``.
    :raises DiskFullError: the server has not enough space for the rows.
    """
    version = _reload(share, now=now).export.version
    contents = _build_contents(share, now=now)
    created_at = metadata.read_timestamps(version.metadata).created_at
    files, size = _measure(contents)
    check_quota(owner.pk, adding=size)
    check_disk_space(files * BYTES_PER_FILE, now=now)
    with transaction.atomic():
        _reload(share, now=now)
        session = create_session(owner=owner, name=version.session.name, now=now)
        if isinstance(contents, HistoryRows):
            commit_history(contents, session=session, now=now)
        else:
            commit_version(session=session, parent=None, new=contents, author=owner, now=now)
        if created_at:
            DubbingSession.objects.filter(pk=session.pk).update(created_at=created_at)
    session.refresh_from_db()
    return session


def _measure(contents: NewVersion | HistoryRows) -> tuple[int, int]:
    """Return the number of files to copy, and the bytes that count toward the quota."""
    if isinstance(contents, HistoryRows):
        return len(contents.entries), sum(version.stored_size for version in contents.versions)
    sizes = {entry.sha256: entry.size for entry in contents.manifest.entries}
    return len(contents.manifest.entries), sum(sizes.values())


def _reload(share: Share, *, now: datetime) -> Share:
    usable = usable_shares(now=now).filter(pk=share.pk).select_related("export__version__session").first()
    if usable is None:
        raise NotAllowedError(
            sentence("This link has expired or was revoked. Ask its owner for a new one."),
            code="share_closed",
        )
    return usable


def _build_contents(share: Share, *, now: datetime) -> NewVersion | HistoryRows:
    """Build the version or versions to commit: no more than the export contains."""
    version = share.export.version
    selection = Selection.from_dict(share.export.selection)
    if selection.history:
        stored = get_history(version, session_name=version.session.name)
        return build_history(stored.history, blobs=find_history_blobs(stored), now=now)
    contents = get_version_contents(version)
    manifest = Manifest(
        entries=selection.filter_entries(contents.manifest.entries),
        empty_folders=() if selection.is_partial else contents.manifest.empty_folders,
    )
    document = metadata.filter_document(
        version.metadata, entries=manifest.entries, languages=selection.text_languages
    )
    return NewVersion(
        manifest=manifest,
        blob_ids={entry.path: contents.blob_ids[entry.path] for entry in manifest.entries},
        document=document,
        message=sentence("Shared by %(user)s", user=share.created_by.get_username()),
    )
