"""Storage use and quota of a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet, Sum

from sessions_app.access import visible_to
from sessions_app.models import OwnerTotals, Upload, Version


@dataclass(frozen=True, kw_only=True)
class StorageUse:
    """What a user stores, in bytes."""

    used: int
    """Sessions, those in the trash, previews of their media, and pending uploads."""
    limit: int | None
    """The quota; None if there is none."""

    @property
    def percent(self) -> int:
        """Used share of the quota, up to 100."""
        return min(100, self.used * 100 // self.limit) if self.limit else 0

    @property
    def excess(self) -> int:
        """Bytes beyond the quota, which previews may exceed."""
        return 0 if self.limit is None else max(0, self.used - self.limit)

    @property
    def free(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)


@dataclass(frozen=True, kw_only=True)
class StorageParts:
    """The parts of a user's storage, in bytes."""

    sessions: int
    previews: int
    """What was made of media: posters, waveforms and others."""
    trash: int
    uploads: int


def get_storage_use(user: AbstractBaseUser) -> StorageUse:
    return StorageUse(used=get_usage(user.pk), limit=get_quota())


def get_storage_parts(user: AbstractBaseUser) -> StorageParts:
    """Return what sessions, trash and pending uploads add to the user's storage."""
    trashed = visible_to(user, Version.objects.filter(session__trashed_at__isnull=False))
    trash = _sum(trashed, "stored_size")
    uploads = visible_to(user, Upload.objects.filter(blob__isnull=True))
    totals = visible_to(user, OwnerTotals.objects.all())
    return StorageParts(
        sessions=_sum(totals, "stored_size") - trash,
        previews=_sum(totals, "derived_size"),
        trash=trash,
        uploads=_sum(uploads, "size"),
    )


def _sum(rows: QuerySet[Any], field: str) -> int:
    return rows.aggregate(total=Sum(field))["total"] or 0


def get_usage(owner_id: int) -> int:
    """Return the bytes of a user's versions, derivatives and pending uploads.

    Sessions in the trash count, those deleted permanently do not.
    """
    totals = OwnerTotals.objects.filter(pk=owner_id).values_list("stored_size", "derived_size").first()
    pending = Upload.objects.filter(owner_id=owner_id, blob__isnull=True).aggregate(size=Sum("size"))["size"]
    return sum(totals or ()) + (pending or 0)


def get_quota() -> int | None:
    """Return the bytes that each user may store, or None for no limit."""
    limit: int = settings.USER_QUOTA
    return limit or None
