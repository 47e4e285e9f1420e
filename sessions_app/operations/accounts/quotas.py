"""Storage quotas of users."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, User

from dubbing_core.sentences import Size, join, sentence
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
        use = sentence("You use %(used)s of your %(quota)s of storage.", used=Size(used), quota=Size(quota))
        if adding:
            use = sentence(
                "You use %(used)s of your %(quota)s of storage, and %(adding)s more do not fit.",
                used=Size(used),
                quota=Size(quota),
                adding=Size(adding),
            )
        advice = sentence(
            "Discard unfinished uploads, delete sessions and empty the trash, or ask your operator for more."
        )
        raise OverQuotaError(
            join([use, advice]),
            used=used,
            limit=quota,
            needed=adding,
        )
