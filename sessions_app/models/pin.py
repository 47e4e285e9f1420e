"""Pins of blobs by jobs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext

from sessions_app.models.entry import Entry
from sessions_app.models.garbage_candidate import GarbageCandidate
from sessions_app.models.statements import select


class PinQuerySet(models.QuerySet["Pin"]):
    def release(self) -> None:
        """Delete the pins; their blobs become candidates of garbage collection."""
        GarbageCandidate.objects.record(self)
        self.delete()

    def release_saved(self, job_id: int) -> None:
        """Delete the pins of a job that has committed its versions.

        Only blobs that no version needs become candidates.
        """
        if not select(_ANY_OF_JOB, [job_id]):
            return  # the files of an upload are pinned by its row
        pins = self.filter(job_id=job_id)
        GarbageCandidate.objects.record(
            pins.exclude(models.Exists(Entry.objects.filter(blob=models.OuterRef("blob"))))
        )
        pins.delete()


class Pin(models.Model):
    """A running job's reference to a blob that no version refers to yet.

    Garbage collection keeps pinned blobs.
    """

    job = models.ForeignKey("sessions_app.Job", on_delete=models.CASCADE, related_name="pins")
    blob = models.ForeignKey("sessions_app.Blob", on_delete=models.PROTECT, related_name="pins")

    objects = PinQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "blob"], name="pin_is_unique_per_job")]

    def __str__(self) -> str:
        return gettext("Blob {blob} pinned by job {job}").format(blob=self.blob_id, job=self.job_id)


_ANY_OF_JOB = "SELECT 1 FROM sessions_app_pin WHERE job_id = %s LIMIT 1"
