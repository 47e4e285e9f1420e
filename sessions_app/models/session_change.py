"""Changes of sessions beside their versions: names and tags."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SessionChange(models.Model):
    """Another name of a session, or other tags: what no version records."""

    class Kind(models.TextChoices):
        RENAMED = "renamed"
        TAGGED = "tagged"

    session = models.ForeignKey(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="changes", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField()
    previous_name = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=120, blank=True)
    added_tags = models.JSONField(default=list, blank=True, help_text="Names.")
    removed_tags = models.JSONField(default=list, blank=True, help_text="Names.")

    class Meta:
        indexes = [
            # Used by the page of a session.
            models.Index(fields=["session", "-id"], name="session_change_list"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, session {self.session_id}"
