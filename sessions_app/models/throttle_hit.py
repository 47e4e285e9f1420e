"""Hits of throttles."""

from __future__ import annotations

from django.db import models


class ThrottleHit(models.Model):
    """An attempt that a throttle counts, such as a failed sign-in.

    In the database, not in the cache: all processes share it, it survives a restart, and no one can displace it by filling the
    cache.
    """

    key = models.CharField(
        max_length=64, help_text="SHA-256 of the throttle's name and subject, hexadecimal."
    )
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["key", "made_at"], name="throttle_hit_by_key")]

    def __str__(self) -> str:
        return f"hit {self.pk}"
