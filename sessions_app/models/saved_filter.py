"""Filters of the session list that a user saved under a name."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

FILTER_NAME_LENGTH = 60
FILTER_QUERY_LENGTH = 1000


class SavedFilter(models.Model):
    """A query of the session list with a name; only its owner sees it."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=FILTER_NAME_LENGTH)
    folded_name = models.CharField(
        max_length=3 * FILTER_NAME_LENGTH, help_text="Name in the form used for comparison: NFC, casefolded."
    )
    query = models.CharField(
        max_length=FILTER_QUERY_LENGTH,
        help_text="As in the address of the list, such as `stage=dubbed&q=talk`.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "folded_name"], name="saved_filter_name_is_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_filter_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
