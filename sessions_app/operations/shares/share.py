"""Shares an export by link: made, opened, counted, taken, taken back."""

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
from sessions_app.access import usable_shares
from sessions_app.models import DubbingSession, Export, Share
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.versions.commit import commit_version
from sessions_app.operations.versions.history import HistoryRows, build_history, commit_history
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.queries.history import find_history_blobs, get_history
from sessions_app.queries.manifests import get_version_contents

TOKEN_BYTES = 16
"""128 bits, which nobody guesses."""
MAX_DAYS = 365


@dataclass(frozen=True, kw_only=True)
class NewShare:
    share: Share
    token: str
    """Shown to its maker once; only its hash is kept."""


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create(*, export: Export, author: AbstractBaseUser, days: int, note: str, now: datetime) -> NewShare:
    """Make a link to an export that works for ``days``. The export is kept as long as the link.

    :raises BadInputError: the days are out of range.
    :raises NotAllowedError: the export has expired.
    """
    if not 1 <= days <= MAX_DAYS:
        raise BadInputError(f"A link can work for 1 to {MAX_DAYS} days.", code="bad_expiry")
    expires_at = now + timedelta(days=days)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        row = Export.objects.select_for_update().get(pk=export.pk)
        if not row.is_ready(now=now):
            raise NotAllowedError(
                "This export has expired. Export the session again, then share it.", code="export_expired"
            )
        if row.expires_at < expires_at:
            row.expires_at = expires_at
            row.save(update_fields=["expires_at"])
        share = Share.objects.create(
            export=row,
            created_by_id=author.pk,
            token_hash=token_hash(token),
            note=note.strip()[:200],
            created_at=now,
            expires_at=expires_at,
        )
    return NewShare(share=share, token=token)


def find(*, token: str, now: datetime) -> Share | None:
    """Return the share that the token opens, if it still works."""
    # Looked up by hash: the comparison's time tells nothing about the token itself.
    return (
        usable_shares(now=now)
        .filter(token_hash=token_hash(token))
        .select_related("export__version__session__owner", "created_by")
        .first()
    )


def take(*, share: Share, owner: AbstractBaseUser, now: datetime) -> DubbingSession:
    """Make what the link shares a session of ``owner``'s own. Rows are written, no bytes move.

    :raises NotAllowedError: the link works no longer.
    """
    shared = _opened(share, now=now).export.version
    arrival = _arrival(share, now=now)
    told = metadata.read_timestamps(shared.metadata)
    with transaction.atomic():
        _opened(share, now=now)
        session = create_session(owner=owner, name=shared.session.name, now=now)
        if isinstance(arrival, HistoryRows):
            commit_history(arrival, session=session, now=now)
        else:
            commit_version(session=session, parent=None, new=arrival, author=owner, now=now)
        if told.created_at:
            DubbingSession.objects.filter(pk=session.pk).update(created_at=told.created_at)
    session.refresh_from_db()
    return session


def _opened(share: Share, *, now: datetime) -> Share:
    found = usable_shares(now=now).filter(pk=share.pk).select_related("export__version__session").first()
    if found is None:
        raise NotAllowedError("This link works no longer. Ask for a new one.", code="share_closed")
    return found


def _arrival(share: Share, *, now: datetime) -> NewVersion | HistoryRows:
    """Prepare what the link gives: never more than its export holds."""
    shared = share.export.version
    selection = Selection.from_dict(share.export.selection)
    if selection.history:
        past = get_history(shared, session_name=shared.session.name)
        return build_history(past.history, blobs=find_history_blobs(past), now=now)
    held = get_version_contents(shared)
    manifest = Manifest(entries=selection.filter_entries(held.manifest.entries))
    document = metadata.filter_document(
        shared.metadata, entries=manifest.entries, languages=selection.languages
    )
    return NewVersion(
        manifest=manifest,
        blob_ids={entry.path: held.blob_ids[entry.path] for entry in manifest.entries},
        document=document,
        message=f"Shared by {share.created_by.get_username()}",
    )
