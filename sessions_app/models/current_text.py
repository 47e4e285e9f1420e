"""Texts that current versions contain."""

from __future__ import annotations

from django.db import models


class CurrentText(models.Model):
    """A file with lines in the current version of a session."""

    entry = models.OneToOneField(
        "sessions_app.Entry", on_delete=models.CASCADE, primary_key=True, related_name="current_text"
    )
    session = models.ForeignKey(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="current_texts", db_index=False
    )
    blob = models.ForeignKey("sessions_app.Blob", on_delete=models.CASCADE, related_name="current_texts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "blob"], name="current_text_is_unique"),
        ]

    def __str__(self) -> str:
        return f"text {self.entry_id}"
