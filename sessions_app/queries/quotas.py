"""How much of the storage somebody uses."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Sum

from sessions_app.models import Upload, Version


def used_by(user: AbstractBaseUser) -> int:
    """Return bytes: what each version of the user's sessions added, the trash included, and what is on its way in."""
    saved = Version.objects.filter(session__owner_id=user.pk).aggregate(size=Sum("stored_size"))["size"]
    arriving = Upload.objects.filter(owner_id=user.pk, blob__isnull=True).aggregate(size=Sum("size"))["size"]
    return (saved or 0) + (arriving or 0)


def limit_of(user: AbstractBaseUser) -> int | None:
    """Return how many bytes the user may use; None where nobody counts."""
    del user  # one limit for everybody
    limit: int = settings.USER_QUOTA
    return limit or None
