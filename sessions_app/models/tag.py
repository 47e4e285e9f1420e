"""Tags of sessions: words of their owner."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

TAG_NAME_LENGTH = 50


class Tag(models.Model):
    """A word that its owner puts on sessions, unique regardless of case."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=TAG_NAME_LENGTH)
    folded_name = models.CharField(
        max_length=3 * TAG_NAME_LENGTH, help_text="Name in the form used for comparison: NFC, casefolded."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "folded_name"], name="tag_name_is_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="tag_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class SessionTag(models.Model):
    """A tag on a session; it stays while the session is in the trash."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="session_rows", db_index=False)
    session = models.ForeignKey(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="tag_rows"
    )

    class Meta:
        constraints = [
            # Also used by the filter of the session list.
            models.UniqueConstraint(fields=["tag", "session"], name="session_tag_is_unique"),
        ]

    def __str__(self) -> str:
        return f"tag {self.tag_id} of session {self.session_id}"
