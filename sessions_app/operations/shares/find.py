"""Lookup of a share by the token in its link."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sessions_app.access import usable_shares
from sessions_app.models import Share


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
