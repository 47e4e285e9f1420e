"""Uploads."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from dubbing_core.sentences import sentence
from sessions_app.models.entry import Entry
from sessions_app.models.garbage_candidate import GarbageCandidate
from sessions_app.models.statements import change


class UploadQuerySet(models.QuerySet["Upload"]):
    def delete_rows(self) -> None:
        """Delete the rows; blobs that no version needs become candidates."""
        needed = Entry.objects.filter(blob=models.OuterRef("blob"))
        GarbageCandidate.objects.record(self.exclude(models.Exists(needed)))
        self.delete()

    def delete_rows_of_job(self, job_id: int) -> None:
        """Do the same with all uploads that a job has read."""
        change(_RECORD_UNNEEDED_OF_JOB, [job_id])
        change(_DELETE_OF_JOB, [job_id])


class Upload(models.Model):
    """A file or pack of small files, received in parts for a save or an import."""

    class State(models.TextChoices):
        RECEIVING = "receiving"
        """Parts are being received."""
        RECEIVED = "received"
        """All bytes are in the staging area; a job may consume them."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    path = models.CharField(
        max_length=1024, blank=True, help_text="Path as sent by the client; empty for a pack."
    )
    size = models.PositiveBigIntegerField(help_text="In bytes, as declared by the client.")
    sha256 = models.CharField(
        max_length=64, blank=True, help_text="As declared by the client; the server computes its own."
    )
    received_sha256 = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of the received bytes; empty if the job has to compute it.",
    )
    received_crc32 = models.PositiveBigIntegerField(
        default=0, help_text="CRC-32 of the received bytes, with their SHA-256."
    )
    is_executable = models.BooleanField(
        null=True, blank=True, help_text="Empty if unknown: that of the file that it replaces."
    )
    mtime_ns = models.BigIntegerField(
        null=True, blank=True, help_text="Last modification in nanoseconds since 1970; empty if unknown."
    )
    members = models.JSONField(
        null=True, blank=True, help_text="Files of a pack in order: path, size, sha256, executable, mtime_ns."
    )
    identity = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of the declared contents, by which a client finds an upload to resume.",
    )
    received = models.PositiveBigIntegerField(default=0, help_text="In bytes.")
    parts = models.JSONField(default=list, blank=True, help_text="Received parts: number, size, etag.")
    store_id = models.CharField(
        max_length=1024, blank=True, help_text="Id of the multipart upload in the store."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    blob = models.ForeignKey(
        "sessions_app.Blob",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="uploads",
        help_text="Set when a job has hashed the bytes.",
    )
    job = models.ForeignKey(
        "sessions_app.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="uploads"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="upload_received_within_size"),
            models.CheckConstraint(
                condition=Q(state__in=["receiving", "received"]), name="upload_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="received") | Q(received=F("size")), name="upload_received_is_complete"
            ),
        ]
        indexes = [
            # Used by collect_garbage.
            models.Index(fields=["expires_at"], name="upload_expiry"),
            # Used by operations.uploads.create to resume uploads.
            models.Index(fields=["owner", "identity"], name="upload_identity", condition=~Q(identity="")),
        ]

    def __str__(self) -> str:
        return f"{self.path or 'pack'} ({self.code})"

    @property
    def label(self) -> str:
        """The upload's name in a sentence."""
        if self.members is None:
            return f"“{self.path}”"
        return sentence("The pack of %(count)s small files", count=len(self.members))

    @property
    def file_count(self) -> int:
        return 1 if self.members is None else len(self.members)

    @property
    def has_staged_bytes(self) -> bool:
        """Whether the staging area may contain the upload's bytes.

        False if the blob was in the store already.
        """
        return self.size == 0 or bool(self.parts) or bool(self.store_id)


_RECORD_UNNEEDED_OF_JOB = """
INSERT INTO sessions_app_garbagecandidate (blob_id)
SELECT DISTINCT blob_id FROM sessions_app_upload
WHERE job_id = %s AND blob_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM sessions_app_entry WHERE sessions_app_entry.blob_id = sessions_app_upload.blob_id)
"""
_DELETE_OF_JOB = "DELETE FROM sessions_app_upload WHERE job_id = %s"
