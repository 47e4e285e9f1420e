"""Entries of a version: rows for the changes since its parent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from dubbing_core.manifest import Changes
from sessions_app.models import DubbingSession, Entry
from sessions_app.models.bulk import ROWS_PER_STATEMENT, insert_rows
from sessions_app.operations.versions.new_version import NewVersion

Item = TypeVar("Item")

COLUMNS = (
    *("session_id", "path", "blob_id", "category", "language", "role", "labeled_by"),
    *("is_executable", "mtime_ns", "added_in"),
)


@dataclass(frozen=True, kw_only=True)
class AddedBlobs:
    """Blobs that a version has and no earlier one of its session."""

    count: int
    size: int
    """In bytes."""


def write_entries(session: DubbingSession, changes: Changes, new: NewVersion, *, number: int) -> AddedBlobs:
    """Write the changes of version ``number``."""
    ended = [entry.path for entry in (*changes.removed, *changes.changed)]
    for paths in _batched(ended):
        Entry.objects.filter(session=session, path__in=paths, removed_in__isnull=True).update(
            removed_in=number
        )
    added = [*changes.added, *changes.changed]
    rows = [
        (
            session.pk,
            entry.path,
            new.blob_ids[entry.path],
            entry.category.value,
            entry.language,
            entry.role.value,
            entry.labeled_by.value,
            entry.is_executable,
            entry.mtime_ns,
            number,
        )
        for entry in added
    ]
    sizes = {new.blob_ids[entry.path]: entry.size for entry in added}
    known: set[int] = set()
    for ids in _batched(list(sizes)):
        known.update(Entry.objects.filter(session=session, blob_id__in=ids).values_list("blob_id", flat=True))
    insert_rows(Entry, COLUMNS, rows)
    added_sizes = [size for blob_id, size in sizes.items() if blob_id not in known]
    return AddedBlobs(count=len(added_sizes), size=sum(added_sizes))


def _batched(items: list[Item]) -> Iterable[list[Item]]:
    return (items[start : start + ROWS_PER_STATEMENT] for start in range(0, len(items), ROWS_PER_STATEMENT))
