"""Storage quotas of users."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, User

from dubbing_core.sizes import format_size
from sessions_app.operations.errors import OverQuotaError
from sessions_app.queries.quotas import get_quota, get_usage


def lock_quota(user: AbstractBaseUser) -> None:
    """Let other transactions that lock the user's quota wait for this one's end.

    Rows that refer to the user can still be inserted.
    """
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()


def check_quota(owner_id: int, *, adding: int = 0) -> None:
    """Check that a user stays within the quota.

    :param adding: bytes to be stored in addition to those that count already.
    :raises OverQuotaError: they would not.
    """
    quota = get_quota()
    if quota is None:
        return
    used = get_usage(owner_id)
    if used + adding > quota:
        addition = f", and {format_size(adding)} more do not fit" if adding else ""
        raise OverQuotaError(
            f"You use {format_size(used)} of your {format_size(quota)} of storage{addition}. Discard unfinished uploads, delete"
            " sessions and empty the trash, or ask your operator for more.",
            used=used,
            limit=quota,
            needed=adding,
        )
