"""Blobs that are stored already, as far as a user may know."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Subquery

from sessions_app.access import visible_to
from sessions_app.models import Blob, DubbingSession, Entry
from sessions_app.queries.listed_values import IsListed

BATCH = 10_000
"""Blobs looked up by one statement."""


class ReadableBlob(NamedTuple):
    """Columns of a blob; a model instance would take ten times as long to make."""

    pk: int
    size: int


def find_readable_blobs(user: AbstractBaseUser, digests: Collection[str]) -> dict[str, ReadableBlob]:
    """Return blobs with these SHA-256 in the user's visible sessions, by SHA-256.

    A hash is no capability: the existence of blobs in other users' sessions is not disclosed, so their bytes must be uploaded.
    """
    sessions = visible_to(user, DubbingSession.objects.filter(pk=OuterRef("session_id")))
    entries = Entry.objects.filter(Exists(sessions), blob=OuterRef("pk"))
    # With a limit, the database goes from the blob to its entries to their sessions; with EXISTS, PostgreSQL starts with all
    # entries of the user.
    # The session's id is read from the index `entry_blob_sessions` alone.
    stored = Blob.objects.filter(state=Blob.State.STORED).annotate(
        session=Subquery(entries.values("session_id")[:1])
    )
    readable = stored.filter(session__isnull=False).values_list("sha256", "pk", "size")
    ordered = sorted(set(digests))
    blobs: dict[str, ReadableBlob] = {}
    for start in range(0, len(ordered), BATCH):
        rows = readable.filter(IsListed("sha256", ordered[start : start + BATCH]))
        blobs |= {sha256: ReadableBlob(pk, size) for sha256, pk, size in rows}
    return blobs
