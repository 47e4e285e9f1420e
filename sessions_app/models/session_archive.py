"""ZIPs of several sessions."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

RETENTION = timedelta(days=7)
"""Time in which a download can be resumed."""


class SessionArchiveQuerySet(models.QuerySet["SessionArchive"]):
    def expired(self, *, now: datetime) -> SessionArchiveQuerySet:
        return self.filter(created_at__lte=now - RETENTION)


class SessionArchive(models.Model):
    """Versions that a user downloads as one ZIP, planned when downloaded."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_index=True)
    versions = models.JSONField(help_text="Primary key of each session, and the number of its version.")

    objects = SessionArchiveQuerySet.as_manager()

    def __str__(self) -> str:
        return f"archive of {len(self.versions)} sessions ({self.code})"
