"""Permanent deletion of sessions from the trash, at their owner's request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from dubbing_core.sentences import sentence
from sessions_app import queue
from sessions_app.models import OwnerTotals, Version
from sessions_app.models.session import DubbingSessionQuerySet
from sessions_app.operations.errors import BadInputError

CONFIRMATION = "delete"
"""What a user types to confirm a permanent deletion on a page."""


@dataclass(frozen=True, kw_only=True)
class PermanentDeletion:
    """Sessions that were deleted permanently."""

    count: int
    size: int
    """Bytes that count toward the quota no longer."""


def check_confirmation(text: str) -> None:
    """Check that the user typed the word that confirms a permanent deletion.

    :raises BadInputError: they did not.
    """
    if text.strip().casefold() != CONFIRMATION:
        raise BadInputError(
            sentence(
                "Nothing was deleted. Type “%(confirmation)s” to delete permanently.",
                confirmation=CONFIRMATION,
            ),
            code="not_confirmed",
        )


def delete_permanently(*, sessions: DubbingSessionQuerySet, now: datetime) -> PermanentDeletion:
    """Delete those of the sessions that are in the trash; they cannot be restored.

    One statement makes them disappear and frees the quota, so that this is fast for any number of sessions and needs no disk
    space. A worker deletes their rows and exports, after unfinished jobs have ended; garbage collection deletes blobs that
    no other session has, after the grace period.
    """
    with transaction.atomic():
        deletion = mark_deleted(sessions=sessions, now=now)
        if deletion.count:
            queue.enqueue_purge()
    return deletion


@transaction.atomic
def mark_deleted(*, sessions: DubbingSessionQuerySet, now: datetime) -> PermanentDeletion:
    """Make the sessions in the trash disappear for users; free their quota."""
    trashed = sessions.trashed().order_by()
    versions = Version.objects.filter(session__in=trashed.select_for_update().values("pk"))
    sizes = dict(versions.values_list("session__owner_id").annotate(size=Sum("stored_size")).order_by())
    derived = dict(trashed.values_list("owner_id").annotate(size=Sum("derived_size")).order_by())
    count = trashed.update(deleted_at=now)
    for owner_id in sorted(sizes.keys() | derived.keys()):
        OwnerTotals.objects.change(
            owner_id, stored_size=-sizes.get(owner_id, 0), derived_size=-derived.get(owner_id, 0)
        )
    return PermanentDeletion(count=count, size=sum(sizes.values()) + sum(derived.values()))
