from __future__ import annotations

from django.db import models


class Hold(models.Model):
    """A job's claim on a blob that no version refers to yet: while it stands, garbage collection keeps the blob."""

    job = models.ForeignKey("sessions_app.Job", on_delete=models.CASCADE, related_name="holds")
    blob = models.ForeignKey("sessions_app.Blob", on_delete=models.PROTECT, related_name="holds")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "blob"], name="hold_once_per_job")]

    def __str__(self) -> str:
        return f"{self.job_id} holds {self.blob_id}"
