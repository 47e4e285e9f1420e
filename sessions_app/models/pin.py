"""Pins of blobs by jobs."""

from __future__ import annotations

from django.db import models


class Pin(models.Model):
    """A running job's reference to a blob that no version refers to yet.

    Garbage collection keeps pinned blobs.
    """

    job = models.ForeignKey("sessions_app.Job", on_delete=models.CASCADE, related_name="pins")
    blob = models.ForeignKey("sessions_app.Blob", on_delete=models.PROTECT, related_name="pins")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "blob"], name="pin_is_unique_per_job")]

    def __str__(self) -> str:
        return f"blob {self.blob_id} pinned by job {self.job_id}"
