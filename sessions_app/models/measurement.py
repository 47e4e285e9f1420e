"""Measurements."""

from __future__ import annotations

from django.db import models


class Measurement(models.Model):
    """A figure of the whole portal, computed periodically.

    Computing it takes longer than a request may.
    """

    name = models.CharField(max_length=40)
    key = models.CharField(
        max_length=40, blank=True, help_text="Values of the metric's labels, joined by “/”."
    )
    value = models.BigIntegerField()
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "key"], name="measurement_is_unique")]

    def __str__(self) -> str:
        return f"{self.name} {self.key}".rstrip()
