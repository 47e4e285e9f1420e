"""Expiry of exports: bytes are deleted, rows remain."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from sessions_app.models import Export, Share
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.storage import get_store


def get_expired_exports(*, now: datetime) -> QuerySet[Export]:
    """Return expired exports with stored bytes that no usable link needs."""
    shares = Share.objects.filter(export=OuterRef("pk"), revoked_at__isnull=True, expires_at__gt=now)
    is_purged_with_session = Q(version__session__trashed_at__lte=now - settings.TRASH_RETENTION)
    return (
        Export.objects.filter(removed_at__isnull=True, expires_at__lte=now)
        .exclude(Exists(shares))
        .exclude(is_purged_with_session)
    )


def expire_exports(exports: QuerySet[Export], *, report: GarbageReport, now: datetime, dry_run: bool) -> None:
    """Delete the bytes of the exports.

    Each export is marked first, so that no download starts in between.
    """
    store = get_store()
    for export in exports:
        report.exports.add(export.size)
        if dry_run:
            continue
        if Export.objects.filter(pk=export.pk, removed_at__isnull=True).update(removed_at=now) == 1:
            store.delete(export.key)
