"""Blobs that somebody may read."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef

from sessions_app.models import Blob, Entry

BATCH = 500
"""Variables of a statement, which databases limit."""


def readable_by(owner: AbstractBaseUser, sizes: Mapping[str, int]) -> dict[str, Blob]:
    """Return the blobs of these hashes and sizes that lie in a session of the owner's outside the trash, by hash.

    A blob that only others have is as if it were not there: knowing a hash tells nobody who has the file.
    """
    found: dict[str, Blob] = {}
    digests = list(sizes)
    theirs = Entry.objects.filter(
        blob=OuterRef("pk"), session__owner_id=owner.pk, session__trashed_at__isnull=True
    )
    for start in range(0, len(digests), BATCH):
        stored = Blob.objects.filter(sha256__in=digests[start : start + BATCH], state=Blob.State.STORED)
        for blob in stored.filter(Exists(theirs)):
            if blob.size == sizes[blob.sha256]:
                found[blob.sha256] = blob
    return found
