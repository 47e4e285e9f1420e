"""Dubbing sessions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from datetime import datetime


class DubbingSessionQuerySet(models.QuerySet["DubbingSession"]):
    def live(self) -> DubbingSessionQuerySet:
        return self.filter(trashed_at__isnull=True)

    def trashed(self) -> DubbingSessionQuerySet:
        """Return the sessions that can be restored from the trash."""
        return self.filter(trashed_at__isnull=False, deleted_at__isnull=True)


class DubbingSession(models.Model):
    """One dubbing project with a name and an owner."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="dubbing_sessions"
    )
    name = models.CharField(max_length=120)
    folded_name = models.CharField(
        max_length=360, editable=False, help_text="Name in the form used for comparison: NFC, casefolded."
    )
    current = models.ForeignKey(
        "sessions_app.Version",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField()
    last_updated = models.DateTimeField()
    last_accessed = models.DateTimeField()
    trashed_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When its owner deleted it permanently from the trash. Garbage collection deletes the row.",
    )

    objects = DubbingSessionQuerySet.as_manager()

    class Meta:
        verbose_name = "dubbing session"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "folded_name"],
                condition=Q(trashed_at__isnull=True),
                name="session_name_is_free",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="session_has_a_name"),
        ]
        indexes = [
            # Used by the list page in its default order.
            models.Index(fields=["owner", "-last_updated"], name="session_list"),
            # Used by the trash page.
            models.Index(
                fields=["owner", "-trashed_at", "-id"],
                name="session_trash_list",
                condition=Q(trashed_at__isnull=False),
            ),
            # Used by the admin site.
            models.Index(fields=["-last_updated", "-id"], name="session_updated"),
            # Used by collect_garbage.
            models.Index(fields=["trashed_at"], name="session_trash", condition=Q(trashed_at__isnull=False)),
            models.Index(
                fields=["deleted_at"], name="session_deleted", condition=Q(deleted_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_trashed(self) -> bool:
        return self.trashed_at is not None

    def touch(self, *, now: datetime) -> None:
        """Record that the session was opened; never move the time backwards."""
        type(self).objects.filter(pk=self.pk, last_accessed__lt=now).update(last_accessed=now)
        self.last_accessed = max(self.last_accessed, now)

    def trash(self, *, now: datetime) -> bool:
        """Move the session to the trash; return False if it already was there."""
        changed = type(self).objects.filter(pk=self.pk, trashed_at__isnull=True).update(trashed_at=now)
        return changed == 1

    def advance(self, version_id: int, *, parent_id: int | None, now: datetime) -> bool:
        """Set the current version if it is still ``parent_id``; return whether it was."""
        changed = (
            type(self)
            .objects.filter(pk=self.pk, current_id=parent_id)
            .update(current_id=version_id, last_updated=now, last_accessed=_later(now))
        )
        return changed == 1


def _later(now: datetime) -> models.Case:
    return models.Case(models.When(last_accessed__lt=now, then=models.Value(now)), default=F("last_accessed"))
