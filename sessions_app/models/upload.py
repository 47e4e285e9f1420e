from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> UploadQuerySet:
        return self.filter(owner_id=user.pk)


class Upload(models.Model):
    """A file on its way in, part by part, until a save or an import takes it."""

    class State(models.TextChoices):
        RECEIVING = "receiving"
        """Parts arrive."""
        RECEIVED = "received"
        """All bytes are in the store's staging area; a job may take them."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    path = models.CharField(max_length=1024, help_text="As the sender named it, folders included.")
    size = models.PositiveBigIntegerField(help_text="In bytes, as announced.")
    received = models.PositiveBigIntegerField(default=0, help_text="In bytes.")
    parts = models.JSONField(default=list, blank=True, help_text="Received parts: number, size, etag.")
    store_id = models.CharField(
        max_length=1024, blank=True, help_text="The store's own id of a multipart upload."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    blob = models.ForeignKey(
        "sessions_app.Blob",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="uploads",
        help_text="Known once a job has hashed the bytes.",
    )
    job = models.ForeignKey(
        "sessions_app.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="uploads"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(received__lte=F("size")), name="upload_not_more_than_announced"
            ),
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
        ]

    def __str__(self) -> str:
        return f"{self.path} ({self.code})"
