"""Exports."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from dubbing_core.selection import Selection

if TYPE_CHECKING:
    from datetime import datetime


class ExportQuerySet(models.QuerySet["Export"]):
    def live(self) -> ExportQuerySet:
        """Return exports of sessions that are not in the trash."""
        return self.filter(version__session__trashed_at__isnull=True)

    def ready(self, *, now: datetime) -> ExportQuerySet:
        """Return exports that can be downloaded."""
        return self.filter(removed_at__isnull=True, expires_at__gt=now)


class Export(models.Model):
    """A stored ZIP of a version.

    The row is created when the ZIP is complete, so no partial one is visible.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.ForeignKey("sessions_app.Version", on_delete=models.CASCADE, related_name="exports")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports")
    job = models.OneToOneField(
        "sessions_app.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="export"
    )
    filename = models.CharField(max_length=255)
    selection = models.JSONField(
        default=dict, blank=True, help_text="Exported part of the version; empty for the whole."
    )
    key = models.CharField(max_length=255, unique=True, help_text="Key of the object in the store.")
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    etag = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True, help_text="When the bytes were deleted.")

    objects = ExportQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(size__gt=0), name="export_has_bytes")]
        indexes = [
            # Used by collect_garbage.
            models.Index(fields=["expires_at"], name="export_expiry", condition=Q(removed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.code})"

    @property
    def selection_label(self) -> str:
        """The exported part of the version as text; "" for the whole."""
        return Selection.from_dict(self.selection).label

    def is_ready(self, *, now: datetime) -> bool:
        return self.removed_at is None and self.expires_at > now
