"""Share links."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils.translation import gettext

if TYPE_CHECKING:
    from datetime import datetime


class Share(models.Model):
    """A revocable link to an export.

    Only the token's hash is stored; the token is shown once.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    export = models.ForeignKey("sessions_app.Export", on_delete=models.CASCADE, related_name="shares")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shares")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, hexadecimal.")
    note = models.CharField(max_length=200, blank=True, help_text="Recipient or purpose.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    download_count = models.PositiveIntegerField(default=0)
    last_download_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return gettext("Link {code}").format(code=self.code)

    def count_download(self, *, now: datetime) -> None:
        type(self).objects.filter(pk=self.pk).update(
            download_count=F("download_count") + 1, last_download_at=now
        )

    def revoke(self, *, now: datetime) -> bool:
        return type(self).objects.filter(pk=self.pk, revoked_at__isnull=True).update(revoked_at=now) == 1
