"""Derivatives of media: posters, waveforms and others."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.db.models import Q

REASON_LENGTH = 200


class DerivativeQuerySet(models.QuerySet["Derivative"]):
    def stored(self) -> DerivativeQuerySet:
        """Leave out those of which the worker died before their bytes were stored."""
        return self.exclude(blob__isnull=False, blob__state="writing")

    def get_sizes(self, session_ids: Collection[int]) -> dict[int, int]:
        """Return the bytes of derivatives by session, each counted once."""
        rows = self.filter(source__entries__session__in=session_ids, size__gt=0)
        sizes = dict.fromkeys(session_ids, 0)
        for session_id, _, size in rows.values_list("source__entries__session", "pk", "size").distinct():
            sizes[session_id] += size
        return sizes


class Derivative(models.Model):
    """Something that was made of a blob once, for all entries.

    Of each kind there is at most one. Its bytes are a blob, or in the row if there are few; loudness is only a value.
    """

    source = models.ForeignKey(
        "sessions_app.Blob", on_delete=models.CASCADE, related_name="derivatives", db_index=False
    )
    kind = models.CharField(max_length=10)
    maker_version = models.PositiveSmallIntegerField(help_text="Of the program that made it.")
    blob = models.ForeignKey(
        "sessions_app.Blob", on_delete=models.PROTECT, null=True, blank=True, related_name="derivative_of"
    )
    content = models.BinaryField(null=True, blank=True, help_text="Its bytes, if there are few.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of its bytes.")
    size = models.PositiveBigIntegerField(default=0, help_text="In bytes.")
    extension = models.CharField(max_length=8, blank=True)
    details = models.JSONField(default=dict, blank=True, help_text="Values that describe it.")
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, help_text="Why it cannot be made.")
    made_at = models.DateTimeField()

    objects = DerivativeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "kind"], name="derivative_is_unique"),
            models.CheckConstraint(
                condition=Q(blob__isnull=True) | Q(content__isnull=True), name="derivative_has_one_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of blob {self.source_id}"

    @property
    def name(self) -> str:
        """The name in its address, which contains its own hash."""
        return f"{self.kind}-{self.sha256[:16]}.{self.extension}"
