"""Access tokens: create, find, record their use."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from dubbing_core.sentences import sentence
from sessions_app.access import visible_to
from sessions_app.models import AccessToken
from sessions_app.operations.database_errors import unless_disk_full
from sessions_app.operations.errors import BadInputError, NotAllowedError

TOKEN_PREFIX = "dubs_"  # noqa: S105 (public: it lets people and secret scanners recognize a token)
TOKEN_BYTES = 32
SHOWN_LENGTH = len(TOKEN_PREFIX) + 5
MAX_NAME_LENGTH = 100
MAX_DAYS = 366
MAX_TOKENS = 100
USE_INTERVAL = timedelta(minutes=1)
"""A program sends many requests a second, and a write makes each wait for the disk."""


@dataclass(frozen=True, kw_only=True)
class NewToken:
    token: AccessToken
    secret: str
    """Shown once to the user who created the token; only its hash is stored."""


def hash_secret(secret: str) -> str:
    # Neither a salt nor a slow hash: 256 random bits cannot be guessed, and the row is looked up by the hash.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def create_token(
    *,
    owner: AbstractBaseUser,
    name: str,
    scope: AccessToken.Scope,
    days: int | None,
    now: datetime,
) -> NewToken:
    """Create a token that expires after ``days``, or never (None).

    :raises BadInputError: the name or the days are invalid.
    :raises NotAllowedError: the user has too many tokens.
    """
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME_LENGTH:
        raise BadInputError(
            sentence(
                "Name the device or program that uses the token, in up to %(max_name_length)s characters.",
                max_name_length=MAX_NAME_LENGTH,
            ),
            code="bad_name",
        )
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise BadInputError(
            sentence(
                "A token can be valid for 1 to %(max_days)s days, or without an end.", max_days=MAX_DAYS
            ),
            code="bad_expiry",
        )
    if visible_to(owner, AccessToken.objects.active(now=now)).count() >= MAX_TOKENS:
        raise NotAllowedError(
            sentence(
                "You have %(max_tokens)s active tokens. Revoke those that you do not need.",
                max_tokens=MAX_TOKENS,
            ),
            code="too_many_tokens",
        )
    secret = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    token = AccessToken.objects.create(
        owner_id=owner.pk,
        name=name,
        token_hash=hash_secret(secret),
        prefix=secret[:SHOWN_LENGTH],
        scope=scope,
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    return NewToken(token=token, secret=secret)


def find_token(*, secret: str, now: datetime) -> AccessToken | None:
    """Return the token with its owner, if it is active."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    # Looked up by hash, so that the time of the comparison discloses nothing about the secret.
    return (
        AccessToken.objects.active(now=now)
        .filter(token_hash=hash_secret(secret))
        .select_related("owner")
        .first()
    )


def list_revocable_tokens(owner: AbstractBaseUser, *, now: datetime) -> list[AccessToken]:
    """Return the user's tokens that are neither revoked nor expired, the newest first.

    They work as soon as a deactivated user is active again.
    """
    is_unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    tokens = visible_to(owner, AccessToken.objects.filter(is_unexpired, revoked_at__isnull=True))
    return list(tokens.order_by("-pk"))


def record_token_use(*, token: AccessToken, now: datetime) -> None:
    """Record the last use of a token, to the minute."""
    with unless_disk_full():
        token.record_use(now=now, unless_after=now - USE_INTERVAL)
