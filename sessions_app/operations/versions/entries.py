"""Entries of a version: rows for the changes since its parent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Min

from dubbing_core.manifest import Changes
from sessions_app.models import DubbingSession, Entry
from sessions_app.models.bulk import ROWS_PER_STATEMENT, insert_rows
from sessions_app.operations.versions.new_version import NewVersion

Item = TypeVar("Item")

COLUMNS = (
    *("session_id", "path", "blob_id", "category", "language", "role", "labeled_by"),
    *("is_executable", "mtime_ns", "added_in", "content_since"),
)


@dataclass(frozen=True, kw_only=True)
class AddedBlobs:
    """Blobs that a version has and no earlier one of its session."""

    count: int
    size: int
    """In bytes."""
    since: Mapping[str, int]
    """Version in which the session first had the bytes of each added, changed or relabeled file, by path."""


def write_entries(session: DubbingSession, changes: Changes, new: NewVersion, *, number: int) -> AddedBlobs:
    """Write the changes of version ``number``."""
    ended = [entry.path for entry in (*changes.removed, *changes.changed)]
    for paths in _batched(ended):
        Entry.objects.filter(session=session, path__in=paths, removed_in__isnull=True).update(
            removed_in=number
        )
    added = [*changes.added, *changes.changed]
    sizes = {new.blob_ids[entry.path]: entry.size for entry in added}
    known = _find_first_versions(session, list(sizes))
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
            known.get(new.blob_ids[entry.path]),
        )
        for entry in added
    ]
    insert_rows(Entry, COLUMNS, rows)
    added_sizes = [size for blob_id, size in sizes.items() if blob_id not in known]
    since = {entry.path: known.get(new.blob_ids[entry.path], number) for entry in added}
    return AddedBlobs(count=len(added_sizes), size=sum(added_sizes), since=since)


def _find_first_versions(session: DubbingSession, blob_ids: list[int]) -> dict[int, int]:
    """Return the first version that had each blob, of those that the session has."""
    first: dict[int, int] = {}
    for ids in _batched(blob_ids):
        rows = Entry.objects.filter(session=session, blob_id__in=ids).values_list("blob_id")
        first |= dict(rows.annotate(Min("added_in")))
    return first


def _batched(items: list[Item]) -> Iterable[list[Item]]:
    return (items[start : start + ROWS_PER_STATEMENT] for start in range(0, len(items), ROWS_PER_STATEMENT))
