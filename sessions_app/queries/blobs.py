"""Which bytes are here already, as far as somebody may know."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef

from sessions_app.models import Blob, DubbingSession, Entry

BATCH = 500
"""Variables of a statement, which databases limit."""


def find_readable_blobs(user: AbstractBaseUser, digests: Collection[str]) -> dict[str, Blob]:
    """Return the blobs among these SHA-256 that lie in sessions the user can read, by SHA-256.

    A hash is no capability: of a blob that only strangers hold nothing is said, and who brings it has to send it.
    """
    readable = DubbingSession.objects.visible_to(user)
    entries = Entry.objects.filter(blob=OuterRef("pk"), session__in=readable)
    known = Blob.objects.filter(Exists(entries), state=Blob.State.STORED)
    wanted = sorted(set(digests))
    found: dict[str, Blob] = {}
    for start in range(0, len(wanted), BATCH):
        some = known.filter(sha256__in=wanted[start : start + BATCH])
        found |= {blob.sha256: blob for blob in some}
    return found
