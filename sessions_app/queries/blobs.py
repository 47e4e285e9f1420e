"""Blobs that are stored already, as far as a user may know."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef

from sessions_app.access import visible_to
from sessions_app.models import Blob, DubbingSession, Entry

BATCH = 500
"""Databases limit the number of variables in a statement."""


def find_readable_blobs(user: AbstractBaseUser, digests: Collection[str]) -> dict[str, Blob]:
    """Return blobs with these SHA-256 in the user's visible sessions, by SHA-256.

    A hash is no capability: the existence of blobs in other users' sessions is not disclosed, so their bytes must be uploaded.
    """
    sessions = visible_to(user, DubbingSession.objects.all())
    entries = Entry.objects.filter(blob=OuterRef("pk"), session__in=sessions)
    readable = Blob.objects.filter(Exists(entries), state=Blob.State.STORED)
    ordered = sorted(set(digests))
    blobs: dict[str, Blob] = {}
    for start in range(0, len(ordered), BATCH):
        rows = readable.filter(sha256__in=ordered[start : start + BATCH])
        blobs |= {blob.sha256: blob for blob in rows}
    return blobs
