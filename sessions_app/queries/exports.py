"""Exports of a version."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from sessions_app.access import visible_to
from sessions_app.models import Export, Version

MAX_EXPORTS = 20


def get_ready_exports(user: AbstractBaseUser, version: Version, *, now: datetime) -> list[Export]:
    """Return the latest exports that the user can download, newest first."""
    rows = visible_to(user, Export.objects.live().filter(version=version).ready(now=now))
    return list(rows.order_by("-pk")[:MAX_EXPORTS])
