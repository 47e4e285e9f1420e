"""Idempotency records."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext


class IdempotencyRecord(models.Model):
    """The response to a request with an Idempotency-Key, replayed on repetition.

    The row and the effect of the request are committed in one transaction, so either both exist or neither.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255, help_text="Idempotency-Key of the request, chosen by the client.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, address and body.")
    status = models.PositiveSmallIntegerField(help_text="HTTP status of the response.")
    location = models.CharField(max_length=255, blank=True, help_text="Location header of the response.")
    body = models.TextField(help_text="JSON body of the response.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_is_unique_per_owner"),
            models.CheckConstraint(
                condition=Q(status__gte=200, status__lt=300), name="idempotency_status_is_success"
            ),
        ]
        indexes = [
            # Used by collect_garbage.
            models.Index(fields=["created_at"], name="idempotency_age"),
        ]

    def __str__(self) -> str:
        return gettext("{status} for {key}").format(status=self.status, key=self.key)
