"""What all versions of a session hold, up to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Sum

from dubbing_core.categories import Category
from dubbing_core.history import History, HistoryEntry, HistoryVersion
from sessions_app.models import Blob, Entry, Version

BATCH = 500
"""Variables of a statement, which databases limit."""


@dataclass(frozen=True, kw_only=True)
class StoredHistory:
    """A session's history, and what a ZIP needs to know of the blobs in it beside their size."""

    history: History
    crc32s: dict[str, int]
    """By SHA-256."""


def get_history(version: Version, *, session_name: str) -> StoredHistory:
    """Return every version up to this one, as if there had been none after it."""
    crc32s: dict[str, int] = {}
    entries = []
    for entry, crc32 in _entries(version):
        crc32s[entry.sha256] = crc32
        entries.append(entry)
    history = History(session=session_name, versions=tuple(_versions(version)), entries=tuple(entries))
    return StoredHistory(history=history, crc32s=crc32s)


def _versions(last: Version) -> Iterator[HistoryVersion]:
    rows = Version.objects.filter(session_id=last.session_id, number__lte=last.number)
    for version in rows.select_related("created_by").order_by("number"):
        yield HistoryVersion(
            number=version.number,
            saved_at=version.created_at,
            saved_by=version.saved_by,
            message=version.message,
            restored_from=version.restored_from,
            document=version.metadata,
        )


def _entries(last: Version) -> Iterator[tuple[HistoryEntry, int]]:
    rows = Entry.objects.filter(session_id=last.session_id, added_in__lte=last.number)
    fields = (
        "path",
        "blob__sha256",
        "blob__size",
        "blob__crc32",
        "category",
        "language",
        "added_in",
        "removed_in",
        "origin",
    )
    for path, sha256, size, crc32, category, language, added_in, removed_in, origin in rows.order_by(
        "path", "added_in"
    ).values_list(*fields):
        yield (
            HistoryEntry(
                path=path,
                sha256=sha256,
                size=size,
                category=Category(category),
                language=language,
                added_in=added_in,
                removed_in=removed_in if removed_in and removed_in <= last.number else None,
                origin=origin,
            ),
            crc32,
        )


@dataclass(frozen=True, kw_only=True)
class HistorySize:
    versions: int
    blobs: int
    size: int
    """Bytes of all blobs, each once."""


def get_history_size(version: Version) -> HistorySize:
    """Return how much an export of the full history holds, by questions alone."""
    entries = Entry.objects.filter(session_id=version.session_id, added_in__lte=version.number)
    told = Blob.objects.filter(pk__in=entries.values("blob")).aggregate(blobs=Count("pk"), size=Sum("size"))
    return HistorySize(versions=version.number, blobs=told["blobs"], size=told["size"] or 0)


def find_history_blobs(past: StoredHistory) -> dict[str, Blob]:
    """Return the blob of every entry, by SHA-256."""
    digests = list(past.crc32s)
    found: dict[str, Blob] = {}
    for start in range(0, len(digests), BATCH):
        found |= {
            blob.sha256: blob for blob in Blob.objects.filter(sha256__in=digests[start : start + BATCH])
        }
    return found
