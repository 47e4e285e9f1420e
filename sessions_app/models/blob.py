from __future__ import annotations

from django.db import models
from django.db.models import Q


class BlobQuerySet(models.QuerySet["Blob"]):
    def unreferenced(self) -> BlobQuerySet:
        """Blobs that no version, upload or job needs."""
        from sessions_app.models.entry import Entry  # noqa: PLC0415 (entries refer to blobs, not blobs to entries)
        from sessions_app.models.hold import Hold  # noqa: PLC0415
        from sessions_app.models.upload import Upload  # noqa: PLC0415

        needed = [
            models.Exists(model.objects.filter(blob=models.OuterRef("pk"))) for model in (Entry, Hold, Upload)
        ]
        return self.exclude(needed[0] | needed[1] | needed[2])


class Blob(models.Model):
    """Bytes named by their SHA-256, stored once, never changed.

    The row is there before the bytes are visible in the store and goes after them, so that the store holds nothing that
    the database does not know: WRITING -> STORED -> DELETING -> gone.
    """

    class State(models.TextChoices):
        WRITING = "writing"
        """The row is made, its bytes are on their way."""
        STORED = "stored"
        """The bytes are durable; versions may refer to them."""
        DELETING = "deleting"
        """Garbage collection took it: the bytes go, then the row. It cannot be referred to any more."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    crc32 = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WRITING)
    created_at = models.DateTimeField()
    condemned_at = models.DateTimeField(
        null=True, blank=True, help_text="When garbage collection first found that nothing refers to it."
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
                fields=["condemned_at"], name="blob_condemned", condition=Q(condemned_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.sha256
