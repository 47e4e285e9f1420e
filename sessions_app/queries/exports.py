"""Exports of a version."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from sessions_app.access import visible_among
from sessions_app.models import DubbingSession, Export, Share, Version
from sessions_app.models.compiled_query import compiled

MAX_EXPORTS = 20
MAX_SHARES = 20


def get_ready_exports(user: AbstractBaseUser, version: Version, *, now: datetime) -> list[Export]:
    """Return the latest exports that the user can download, newest first."""
    rows = visible_among(user, Export.objects.live().filter(version=version).ready(now=now))
    return list(rows.select_related("version").order_by("-pk")[:MAX_EXPORTS])


def get_latest_exports(user: AbstractBaseUser, session: DubbingSession) -> list[Export]:
    """Return the latest exports of all versions, newest first, expired ones too."""
    return _find_latest_exports(user, session)


@compiled
def _find_latest_exports(user: AbstractBaseUser, session: DubbingSession) -> QuerySet[Export]:
    rows = visible_among(user, Export.objects.filter(version__session_id=session.pk))
    columns = ("code", "filename", "selection", "size", "created_at", "expires_at", "removed_at")
    related = rows.select_related("version", "owner")
    return related.only(*columns, "version__number", "owner__username").order_by("-pk")[:MAX_EXPORTS]


def get_latest_shares(user: AbstractBaseUser, session: DubbingSession) -> list[Share]:
    """Return the latest links to all versions, newest first, also revoked ones."""
    return _find_latest_shares(user, session)


@compiled
def _find_latest_shares(user: AbstractBaseUser, session: DubbingSession) -> QuerySet[Share]:
    rows = visible_among(user, Share.objects.filter(export__version__session_id=session.pk))
    columns = ("code", "note", "created_at", "expires_at", "revoked_at", "download_count", "last_download_at")
    related = rows.select_related("export__version", "created_by")
    shown = related.only(
        *columns,
        "export__code",
        "export__filename",
        "export__selection",
        "export__version__number",
        "created_by__username",
    )
    return shown.order_by("-pk")[:MAX_SHARES]
