"""Totals of owners, so that no page adds up all rows of an owner."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F


class OwnerTotalsQuerySet(models.QuerySet["OwnerTotals"]):
    def change(self, owner_id: int, *, session_count: int = 0, stored_size: int = 0) -> None:
        """Add to an owner's totals, in the transaction of the change.

        The row stays locked until the transaction ends, so this comes after all other locks.
        """
        changes = {
            "session_count": F("session_count") + session_count,
            "stored_size": F("stored_size") + stored_size,
        }
        totals = self.filter(pk=owner_id)
        if not totals.update(**changes):
            self.bulk_create([OwnerTotals(pk=owner_id)], ignore_conflicts=True)
            totals.update(**changes)


class OwnerTotals(models.Model):
    """Numbers and bytes of what a user owns."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="totals"
    )
    session_count = models.PositiveBigIntegerField(default=0, help_text="Sessions outside the trash.")
    stored_size = models.PositiveBigIntegerField(
        default=0, help_text="Bytes added by all versions, also of sessions in the trash."
    )

    objects = OwnerTotalsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "owner totals"

    def __str__(self) -> str:
        return f"totals of user {self.pk}"
