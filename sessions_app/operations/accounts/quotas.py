"""Keeps people within their share of the storage."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.sizes import format_size
from sessions_app.operations.errors import OverQuotaError
from sessions_app.queries.quotas import get_quota, get_usage


def check(user: AbstractBaseUser, *, adding: int = 0) -> None:
    """Refuse what would be more than the user may store.

    :param adding: bytes that are to be stored besides what counts already.
    :raises OverQuotaError: it would.
    """
    limit = get_quota()
    if limit is None:
        return
    used = get_usage(user)
    if used + adding > limit:
        asked = f" and {format_size(adding)} more do not fit" if adding else ""
        raise OverQuotaError(
            f"You use {format_size(used)} of the {format_size(limit)} that you may{asked}. Delete sessions and empty the"
            " trash, or ask your operator for more."
        )
