"""History of a session up to a version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern

from dubbing_core.history import History, HistoryEntry, HistoryVersion
from dubbing_core.labels import Role
from sessions_app.models import Blob, Entry, Version
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.queries.manifests import AUTHORS, CATEGORIES, ROLES

VERSIONS_PER_READ = 20


@dataclass(frozen=True, kw_only=True)
class StoredHistory:
    """A session's history, and the CRC-32 of its blobs, which a ZIP needs."""

    history: History
    crc32s: dict[str, int]
    """By SHA-256."""


def get_history(version: Version, *, session_name: str) -> StoredHistory:
    """Return every version up to this one, without later changes."""
    entries, crc32s = load_history_entries(version)
    history = History(
        session=session_name, versions=tuple(iter_history_versions(version)), entries=tuple(entries)
    )
    return StoredHistory(history=history, crc32s=crc32s)


def load_history_entries(version: Version) -> tuple[list[HistoryEntry], dict[str, int]]:
    """Return the entries of every version up to this one, and CRC-32 by SHA-256."""
    crc32s: dict[str, int] = {}
    entries = []
    for entry, crc32 in _entries(version):
        crc32s[entry.sha256] = crc32
        entries.append(entry)
    return entries, crc32s


def list_saves(version: Version) -> list[tuple[str, str, str, str]]:
    """Return time, fingerprint, message and author of each version up to this one.

    Together they determine the history; an author's name may change.
    """
    rows = Version.objects.filter(session_id=version.session_id, number__lte=version.number)
    fields = ("created_at", "fingerprint", "message", "created_by__username", "original_author")
    return [
        (created_at.isoformat(), fingerprint, message, username or original_author)
        for created_at, fingerprint, message, username, original_author in rows.order_by(
            "number"
        ).values_list(*fields)
    ]


def iter_history_versions(last: Version) -> Iterator[HistoryVersion]:
    """Yield every version up to this one, oldest first.

    A document can have megabytes: few are in memory at a time.
    """
    rows = Version.objects.filter(session_id=last.session_id, number__lte=last.number)
    for version in (
        rows.select_related("created_by").order_by("number").iterator(chunk_size=VERSIONS_PER_READ)
    ):
        yield HistoryVersion(
            number=version.number,
            saved_at=version.created_at,
            saved_by=version.saved_by,
            message=version.message,
            restored_from=version.restored_from,
            document=version.metadata,
            empty_folders=tuple(version.empty_folders),
            left_out=version.left_out_files,
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
        "role",
        "labeled_by",
        "is_executable",
        "mtime_ns",
    )
    for (
        path,
        sha256,
        size,
        crc32,
        category,
        language,
        added_in,
        removed_in,
        role,
        labeled_by,
        is_executable,
        mtime_ns,
    ) in rows.order_by("path", "added_in").values_list(*fields).iterator():
        yield (
            HistoryEntry(
                path=path,
                sha256=sha256,
                size=size,
                category=CATEGORIES[category],
                language=intern(language),
                added_in=added_in,
                removed_in=removed_in if removed_in and removed_in <= last.number else None,
                role=ROLES.get(role, Role.NONE),
                labeled_by=AUTHORS[labeled_by],
                is_executable=is_executable,
                mtime_ns=mtime_ns,
            ),
            crc32,
        )


@dataclass(frozen=True, kw_only=True)
class HistorySize:
    """Totals of an export of the full history."""

    versions: int
    blobs: int
    size: int
    """Bytes of all blobs, each counted once."""


def get_history_size(version: Version) -> HistorySize:
    """Return the totals of an export of the full history, without loading it."""
    return HistorySize(versions=version.number, blobs=version.history_blob_count, size=version.history_size)


def find_history_blobs(history: StoredHistory) -> dict[str, Blob]:
    """Return the blob of every entry, by SHA-256."""
    digests = list(history.crc32s)
    blobs: dict[str, Blob] = {}
    for start in range(0, len(digests), ROWS_PER_STATEMENT):
        blobs |= {
            blob.sha256: blob
            for blob in Blob.objects.filter(sha256__in=digests[start : start + ROWS_PER_STATEMENT])
        }
    return blobs
