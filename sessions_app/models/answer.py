from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class KeptAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, so that the same request gets the same answer again.

    The row and what the request did are one transaction: either both are there or neither.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255, help_text="As the client made it up.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, address and body.")
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=255, blank=True)
    body = models.TextField(help_text="JSON.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="answer_kept_once_per_key"),
            models.CheckConstraint(condition=Q(status__gte=200, status__lt=300), name="answer_is_a_success"),
        ]
        indexes = [
            # Used by collect_garbage.
            models.Index(fields=["created_at"], name="answer_age"),
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"
