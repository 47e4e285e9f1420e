"""Finished ZIPs of a version."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from sessions_app.models import Export, Version

SHOWN = 20


def get_ready_exports(owner: AbstractBaseUser, version: Version, *, now: datetime) -> list[Export]:
    """Return those that can be downloaded, the latest first."""
    found = Export.objects.visible_to(owner).filter(version=version).ready(now=now)
    return list(found.order_by("-pk")[:SHOWN])
