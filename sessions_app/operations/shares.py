"""Shares: links to download an export, or to copy it into a user's own sessions.

Owns the rows of `Share`. May call `sessions` and `versions`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core import metadata
from dubbing_core.manifest import Manifest
from dubbing_core.selection import Selection
from dubbing_core.sentences import sentence
from sessions_app.access import usable_shares
from sessions_app.models import DubbingSession, Export, Share
from sessions_app.operations.accounts.quotas import check_quota
from sessions_app.operations.disk_space import BYTES_PER_FILE, check_disk_space
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.versions.commit import commit_version
from sessions_app.operations.versions.history import HistoryRows, build_history, commit_history
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.queries.history import find_history_blobs, get_history
from sessions_app.queries.manifests import get_version_contents

TOKEN_BYTES = 16
"""128 bits cannot be guessed."""
MAX_DAYS = 365
MAX_NOTE_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class NewShare:
    share: Share
    token: str
    """Shown once to the user who created the link; only its hash is stored."""


def create_share(
    *, export: Export, author: AbstractBaseUser, days: int, note: str, now: datetime
) -> NewShare:
    """Create a link to an export that expires after ``days``.

    The export does not expire before the link.

    :raises BadInputError: the days are out of range.
    :raises NotAllowedError: the export has expired.
    """
    if not 1 <= days <= MAX_DAYS:
        raise BadInputError(
            sentence("A link can be valid for 1 to %(max_days)s days.", max_days=MAX_DAYS),
            code="bad_expiry",
        )
    expires_at = now + timedelta(days=days)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        row = Export.objects.select_for_update().get(pk=export.pk)
        if not row.is_ready(now=now):
            raise NotAllowedError(
                sentence("This export has expired. Export the session again, then share it."),
                code="export_expired",
            )
        if row.expires_at < expires_at:
            row.expires_at = expires_at
            row.save(update_fields=["expires_at"])
        share = Share.objects.create(
            export=row,
            created_by_id=author.pk,
            token_hash=hash_share_token(token),
            note=note.strip()[:MAX_NOTE_LENGTH],
            created_at=now,
            expires_at=expires_at,
        )
    return NewShare(share=share, token=token)


def hash_share_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find_share(*, token: str, now: datetime) -> Share | None:
    """Return the share with this token, if the link is usable."""
    # Looked up by hash, so that the time of the comparison discloses nothing about the token.
    return (
        usable_shares(now=now)
        .filter(token_hash=hash_share_token(token))
        .select_related("export__version__session__owner", "created_by")
        .defer("export__version__document", "export__version__texts")
        .first()
    )


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
