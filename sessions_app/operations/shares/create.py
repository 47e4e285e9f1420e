"""Creation of share links."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core.sentences import sentence
from sessions_app.models import Export, Share
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.shares.find import hash_share_token

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
