"""Lines of a session's current texts, once per blob."""

from __future__ import annotations

from django.db import IntegrityError

from dubbing_core.search.tokens import TOKENIZER_VERSION
from sessions_app.models import BlobTimeline, CurrentText, DubbingSession, Entry, TextLine
from sessions_app.models.commits import deferred_sync


def write_text_lines(session: DubbingSession) -> int:
    """Write the lines of a session's current texts that are not in the index.

    :returns: the number of texts whose lines were written.
    """
    texts = list(
        Entry.objects.filter(session=session, removed_in__isnull=True, blob__timeline__reason="")
        .order_by("path")
        .values_list("pk", "blob_id", "blob__timeline__search_version")
    )
    # One row per blob: a version may contain it several times.
    current = {blob_id: entry_id for entry_id, blob_id, _ in reversed(texts)}
    _write_current(session, current)
    outdated = dict.fromkeys(blob_id for _, blob_id, version in texts if version != TOKENIZER_VERSION)
    return sum(_write_lines(blob_id) for blob_id in outdated)


def _write_current(session: DubbingSession, current: dict[int, int]) -> None:
    """Write which blobs the session currently has, and in which entries."""
    present = dict(CurrentText.objects.filter(session=session).values_list("blob_id", "entry_id"))
    if present == current:
        return
    stale = [entry_id for blob_id, entry_id in present.items() if current.get(blob_id) != entry_id]
    new = [
        CurrentText(entry_id=entry_id, session=session, blob_id=blob_id)
        for blob_id, entry_id in current.items()
        if present.get(blob_id) != entry_id
    ]
    with deferred_sync():
        CurrentText.objects.filter(pk__in=stale).delete()
        CurrentText.objects.bulk_create(new, ignore_conflicts=True)


def _write_lines(blob_id: int) -> bool:
    """Write the lines of a blob; return False if it was deleted in the meantime."""
    timeline = BlobTimeline.objects.filter(pk=blob_id).first()
    if timeline is None:
        return False
    unchanged = BlobTimeline.objects.filter(pk=blob_id, read_at=timeline.read_at)
    try:
        TextLine.objects.replace(blob_id, timeline.get_tracks())
    except IntegrityError:
        return False
    return unchanged.update(search_version=TOKENIZER_VERSION) == 1
