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
    """A file on its way in, part by part, until a save or an import takes it; or a pack of many small ones."""

    class State(models.TextChoices):
        RECEIVING = "receiving"
        """Parts arrive."""
        RECEIVED = "received"
        """All bytes are in the store's staging area; a job may take them."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    path = models.CharField(
        max_length=1024, blank=True, help_text="As the sender named it, folders included; empty for a pack."
    )
    size = models.PositiveBigIntegerField(help_text="In bytes, as announced.")
    sha256 = models.CharField(
        max_length=64, blank=True, help_text="As announced; the server believes its own."
    )
    members = models.JSONField(
        null=True, blank=True, help_text="A pack's files in order: path, size, sha256 of each."
    )
    content = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of all that was announced with hashes, by which a sender who begins again finds it.",
    )
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
            # Used by announcements.create.
            models.Index(fields=["owner", "content"], name="upload_content", condition=~Q(content="")),
        ]

    def __str__(self) -> str:
        return f"{self.path or 'pack'} ({self.code})"

    @property
    def label(self) -> str:
        """What to call it in a sentence."""
        return f"“{self.path}”" if self.members is None else f"The pack of {len(self.members)} small files"

    @property
    def file_count(self) -> int:
        return 1 if self.members is None else len(self.members)

    @property
    def brings_bytes(self) -> bool:
        """Whether anything of it may lie in the staging area; the bytes of others were in the store already."""
        return self.size == 0 or bool(self.parts) or bool(self.store_id)
