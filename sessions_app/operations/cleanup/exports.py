"""Expiry of exports: bytes are deleted, rows remain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from sessions_app.models import Export, Share
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.tally import Tally
from sessions_app.storage import get_store


def get_expired_exports(*, now: datetime) -> QuerySet[Export]:
    """Return expired exports with stored bytes that no usable link needs."""
    shares = Share.objects.filter(export=OuterRef("pk"), revoked_at__isnull=True, expires_at__gt=now)
    is_purged_with_session = Q(version__session__trashed_at__lte=now - settings.TRASH_RETENTION) | Q(
        version__session__deleted_at__isnull=False
    )
    return (
        Export.objects.filter(removed_at__isnull=True, expires_at__lte=now)
        .exclude(Exists(shares))
        .exclude(is_purged_with_session)
    )


def expire_exports(
    exports: QuerySet[Export], *, now: datetime, check: Callable[[], None] = lambda: None
) -> Tally:
    """Delete the bytes of the exports; return what was deleted.

    The rows are marked first, so that no download starts in between.
    """
    store = get_store()
    expired = Tally()
    ids = list(exports.values_list("pk", flat=True))
    for start in range(0, len(ids), ROWS_PER_STATEMENT):
        check()
        batch = Export.objects.filter(pk__in=ids[start : start + ROWS_PER_STATEMENT])
        sizes = dict(batch.filter(removed_at__isnull=True).values_list("key", "size"))
        batch.filter(removed_at__isnull=True, key__in=sizes).update(removed_at=now)
        store.delete_all(list(sizes))
        for size in sizes.values():
            expired.add(size)
    return expired
