"""Totals of owners, so that no page adds up all rows of an owner."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sessions_app.models.statements import change


class OwnerTotalsQuerySet(models.QuerySet["OwnerTotals"]):
    def change(
        self, owner_id: int, *, session_count: int = 0, stored_size: int = 0, derived_size: int = 0
    ) -> None:
        """Add to an owner's totals, in the transaction of the change.

        The row stays locked until the transaction ends, so this comes after all other locks.
        """
        values = [session_count, stored_size, derived_size, owner_id]
        if not change(_CHANGE, values):
            self.bulk_create([OwnerTotals(pk=owner_id)], ignore_conflicts=True)
            change(_CHANGE, values)


class OwnerTotals(models.Model):
    """Numbers and bytes of what a user owns."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="totals"
    )
    session_count = models.PositiveBigIntegerField(default=0, help_text="Sessions outside the trash.")
    stored_size = models.PositiveBigIntegerField(
        default=0, help_text="Bytes added by all versions, also of sessions in the trash."
    )
    derived_size = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="Bytes of what was made of their media, such as posters."
    )

    objects = OwnerTotalsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "owner totals"

    def __str__(self) -> str:
        return f"totals of user {self.pk}"


_CHANGE = """
UPDATE sessions_app_ownertotals
SET session_count = session_count + %s, stored_size = stored_size + %s, derived_size = derived_size + %s
WHERE owner_id = %s
"""
