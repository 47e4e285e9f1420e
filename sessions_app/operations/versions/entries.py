"""Entries of a version: rows for the changes since its parent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from dubbing_core.manifest import Changes
from sessions_app.models import DubbingSession, Entry
from sessions_app.models.bulk import ROWS_PER_STATEMENT, insert_rows
from sessions_app.models.statements import change, placeholders, select

Item = TypeVar("Item")

COLUMNS = (
    *("session_id", "path", "blob_id", "category", "language", "role", "labeled_by"),
    *("is_executable", "mtime_ns", "added_in", "content_since"),
)

END_ENTRIES = """
UPDATE sessions_app_entry SET removed_in = %s WHERE session_id = %s AND removed_in IS NULL AND path IN ({})
"""
FIRST_VERSIONS = """
SELECT blob_id, MIN(added_in) FROM sessions_app_entry WHERE session_id = %s AND blob_id IN ({}) GROUP BY blob_id
"""


@dataclass(frozen=True, kw_only=True)
class AddedBlobs:
    """Blobs that a version has and no earlier one of its session."""

    count: int
    size: int
    """In bytes."""
    since: Mapping[str, int]
    """Version in which the session first had the bytes of each added, changed or relabeled file, by path."""


def find_added_blobs(
    session: DubbingSession | None, changes: Changes, blob_ids: Mapping[str, int], *, number: int
) -> AddedBlobs:
    """Return which blobs of version ``number`` are new in the session.

    Nothing changes what earlier versions have, so the session need not be locked.

    :param session: None if it does not exist yet.
    :param blob_ids: of the version's files, by path.
    """
    added = [*changes.added, *changes.changed]
    sizes = {blob_ids[entry.path]: entry.size for entry in added}
    known = _find_first_versions(session, list(sizes)) if session is not None else {}
    added_sizes = [size for blob_id, size in sizes.items() if blob_id not in known]
    since = {entry.path: known.get(blob_ids[entry.path], number) for entry in added}
    return AddedBlobs(count=len(added_sizes), size=sum(added_sizes), since=since)


def write_entries(
    session: DubbingSession, changes: Changes, added: AddedBlobs, blob_ids: Mapping[str, int], *, number: int
) -> None:
    """Write the changes of version ``number``."""
    ended = [entry.path for entry in (*changes.removed, *changes.changed)]
    for paths in _batched(ended):
        change(END_ENTRIES.format(placeholders(paths)), [number, session.pk, *paths])
    rows = [
        (
            session.pk,
            entry.path,
            blob_ids[entry.path],
            entry.category.value,
            entry.language,
            entry.role.value,
            entry.labeled_by.value,
            entry.is_executable,
            entry.mtime_ns,
            number,
            since if (since := added.since[entry.path]) < number else None,
        )
        for entry in (*changes.added, *changes.changed)
    ]
    insert_rows(Entry, COLUMNS, rows)


def _find_first_versions(session: DubbingSession, blob_ids: list[int]) -> dict[int, int]:
    """Return the first version that had each blob, of those that the session has."""
    first: dict[int, int] = {}
    for ids in _batched(blob_ids):
        first |= dict(select(FIRST_VERSIONS.format(placeholders(ids)), [session.pk, *ids]))
    return first


def _batched(items: list[Item]) -> Iterable[list[Item]]:
    return (items[start : start + ROWS_PER_STATEMENT] for start in range(0, len(items), ROWS_PER_STATEMENT))
