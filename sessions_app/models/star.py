"""Stars: sessions that a user wants to find again."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Star(models.Model):
    """A star of one user on a session; others do not see it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    session = models.ForeignKey("sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="stars")

    class Meta:
        constraints = [
            # Also used by the filter of the session list.
            models.UniqueConstraint(fields=["user", "session"], name="star_is_unique"),
        ]

    def __str__(self) -> str:
        return f"star of user {self.user_id} on session {self.session_id}"
