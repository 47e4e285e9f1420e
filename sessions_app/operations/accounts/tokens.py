"""Access tokens: made, found, used, taken back."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser

from sessions_app.access import visible_to
from sessions_app.models import AccessToken
from sessions_app.operations.errors import BadInputError, NotAllowedError

MARK = "dubs_"
"""Begins every token, so that people and scanners for leaked secrets know one when they see it."""
TOKEN_BYTES = 32
PREFIX_LENGTH = len(MARK) + 5
NAME_LENGTH = 100
MAX_DAYS = 366
MAX_TOKENS = 100
NOTED_EVERY = timedelta(minutes=1)
"""A program asks many times a second, and a write keeps each waiting for the disk."""


@dataclass(frozen=True, kw_only=True)
class NewToken:
    token: AccessToken
    secret: str
    """Shown to its maker once; only its hash is kept."""


def secret_hash(secret: str) -> str:
    # No salt and no slow hash: 256 random bits cannot be guessed, and the row is found by this.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def create(
    *,
    owner: AbstractBaseUser,
    name: str,
    scope: AccessToken.Scope,
    days: int | None,
    now: datetime,
) -> NewToken:
    """Make a token that works for ``days``, or until it is revoked (None).

    :raises BadInputError: the name or the days cannot be used.
    :raises NotAllowedError: there are very many already.
    """
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH:
        raise BadInputError(
            f"Give the token a name of up to {NAME_LENGTH} characters: where you use it.", code="bad_name"
        )
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise BadInputError(
            f"A token can work for 1 to {MAX_DAYS} days, or without an end.", code="bad_expiry"
        )
    if visible_to(owner, AccessToken.objects.active(now=now)).count() >= MAX_TOKENS:
        raise NotAllowedError(
            f"You have {MAX_TOKENS} tokens that work. Revoke those that you do not need.",
            code="too_many_tokens",
        )
    secret = MARK + secrets.token_urlsafe(TOKEN_BYTES)
    token = AccessToken.objects.create(
        owner_id=owner.pk,
        name=name,
        token_hash=secret_hash(secret),
        prefix=secret[:PREFIX_LENGTH],
        scope=scope,
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    return NewToken(token=token, secret=secret)


def find(*, secret: str, now: datetime) -> AccessToken | None:
    """Return the token with its owner, if it works."""
    if not secret.startswith(MARK):
        return None
    # Looked up by hash: the comparison's time tells nothing about the secret itself.
    return (
        AccessToken.objects.active(now=now)
        .filter(token_hash=secret_hash(secret))
        .select_related("owner")
        .first()
    )


def record_use(*, token: AccessToken, now: datetime) -> None:
    """Remember when it was used last, to the minute."""
    token.record_use(now=now, unless_after=now - NOTED_EVERY)
