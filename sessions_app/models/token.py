"""Access tokens."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from datetime import datetime


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def active(self, *, now: datetime) -> AccessTokenQuerySet:
        """Return usable tokens: not revoked, not expired, owner active."""
        is_unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        return self.filter(is_unexpired, revoked_at__isnull=True, owner__is_active=True)


class AccessToken(models.Model):
    """Credential of a program.

    Only the token's hash is stored; the token is shown once.
    """

    class Scope(models.TextChoices):
        READ = "read", gettext_lazy("Read")
        """Read and download."""
        WRITE = "write", gettext_lazy("Read and write")
        """Read, download and change."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens"
    )
    name = models.CharField(max_length=100, help_text="Device or program that uses the token.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, hexadecimal.")
    prefix = models.CharField(max_length=16, help_text="First characters of the token, for identification.")
    scope = models.CharField(max_length=10, choices=Scope.choices)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=["read", "write"]), name="token_scope_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def can_write(self) -> bool:
        return self.scope == self.Scope.WRITE

    def is_expired(self, *, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def revoke(self, *, now: datetime) -> bool:
        return type(self).objects.filter(pk=self.pk, revoked_at__isnull=True).update(revoked_at=now) == 1

    def record_use(self, *, now: datetime, unless_after: datetime) -> None:
        """Record the time of use, unless a use after ``unless_after`` is recorded already."""
        if self.last_used_at is None or self.last_used_at <= unless_after:
            is_recent = Q(last_used_at__gt=unless_after)
            type(self).objects.filter(pk=self.pk).exclude(is_recent).update(last_used_at=now)
            self.last_used_at = now
