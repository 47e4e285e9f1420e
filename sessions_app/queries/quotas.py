"""Storage use and quota of a user."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Sum

from sessions_app.models import Upload, Version


def get_usage(user: AbstractBaseUser) -> int:
    """Return the bytes added by versions of the user's sessions, plus pending uploads.

    Sessions in the trash count, those deleted permanently do not.
    """
    versions = Version.objects.filter(session__owner_id=user.pk, session__deleted_at__isnull=True)
    saved = versions.aggregate(size=Sum("stored_size"))["size"]
    pending = Upload.objects.filter(owner_id=user.pk, blob__isnull=True).aggregate(size=Sum("size"))["size"]
    return (saved or 0) + (pending or 0)


def get_quota() -> int | None:
    """Return the bytes that each user may store, or None for no limit."""
    limit: int = settings.USER_QUOTA
    return limit or None
