"""Blobs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sessions_app.models.derivative import Derivative
from sessions_app.models.entry import Entry
from sessions_app.models.pin import Pin
from sessions_app.models.upload import Upload


class BlobQuerySet(models.QuerySet["Blob"]):
    def unreferenced(self) -> BlobQuerySet:
        """Return blobs that no version, upload, job or derivative refers to."""
        blobs = self
        # One by one: databases join a single EXISTS by index; several with OR make PostgreSQL read the tables in full.
        for model in (Entry, Pin, Upload, Derivative):
            blobs = blobs.exclude(models.Exists(model.objects.filter(blob=models.OuterRef("pk"))))
        return blobs


class Blob(models.Model):
    """Immutable content named by its SHA-256, stored once.

    The row is committed before the bytes become visible in the store and deleted after them, so every object in the store has a row:
    WRITING -> STORED -> DELETING -> deleted.
    """

    class State(models.TextChoices):
        WRITING = "writing"
        """The row exists; its bytes are being written."""
        STORED = "stored"
        """The bytes are durable; versions may refer to the blob."""
        DELETING = "deleting"
        """Garbage collection deletes the bytes, then the row; new references are refused."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    crc32 = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WRITING)
    created_at = models.DateTimeField()
    unreferenced_since = models.DateTimeField(
        null=True, blank=True, help_text="When garbage collection found the blob without references."
    )

    objects = BlobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(crc32__lt=2**32), name="blob_crc32_has_32_bits"),
            models.CheckConstraint(
                condition=Q(state__in=["writing", "stored", "deleting"]), name="blob_state_is_known"
            ),
        ]
        indexes = [
            # Used by collect_garbage.
            models.Index(
                fields=["unreferenced_since"],
                name="blob_unreferenced",
                condition=Q(unreferenced_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.sha256
