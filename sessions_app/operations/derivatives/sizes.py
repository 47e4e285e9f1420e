"""Bytes of derivatives, of sessions and their owners."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from sessions_app.models import Derivative, DubbingSession, Entry, OwnerTotals


def update_sizes(blob_ids: Iterable[int], *, session_id: int) -> None:
    """Count the derivatives of a session, and of others with the same blobs."""
    others = Entry.objects.filter(blob_id__in=list(blob_ids)).values_list("session_id", flat=True)
    for each in sorted({session_id, *others.distinct()}):
        _update_size(each)


@transaction.atomic
def _update_size(session_id: int) -> None:
    session = (
        DubbingSession.objects.select_for_update().filter(pk=session_id, deleted_at__isnull=True).first()
    )
    if session is None:
        return
    size = Derivative.objects.get_sizes([session_id])[session_id]
    if size != session.derived_size:
        DubbingSession.objects.filter(pk=session_id).update(derived_size=size)
        OwnerTotals.objects.change(session.owner_id, derived_size=size - session.derived_size)
