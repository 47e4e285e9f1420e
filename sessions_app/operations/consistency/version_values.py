"""Denormalized values of versions, computed again from their entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from django.db.models import Count, Min, Sum

from dubbing_core.change_summary import ChangeSummary
from sessions_app.models import Entry, Version
from sessions_app.operations.consistency.version_changes import find_version_changes

Group = tuple[str, str]
"""Category and language."""


def find_wrong_versions(session_ids: Collection[int]) -> list[Version]:
    """Return the versions with wrong values, with the right ones set."""
    groups, blobs = _find_group_changes(session_ids), _count_blobs(session_ids)
    changes = find_version_changes(session_ids)
    versions = Version.objects.filter(session__in=session_ids).only(
        *(
            "session_id",
            "number",
            "stored_size",
            "history_size",
            "history_blob_count",
            "file_groups",
            "changes",
        )
    )
    wrong: list[Version] = []
    for session_id, rows in groupby(versions.order_by("session_id", "number"), key=attrgetter("session_id")):
        wrong += _find_wrong(list(rows), groups[session_id], blobs[session_id], changes[session_id])
    return wrong


def _find_group_changes(session_ids: Collection[int]) -> dict[int, dict[int, list[tuple[Group, int, int]]]]:
    """Return the change of each group, by session and version number."""
    entries = (
        Entry.objects.filter(session__in=session_ids)
        .files()
        .values_list("session_id", "added_in", "removed_in", "category", "language")
    )
    changes: dict[int, dict[int, list[tuple[Group, int, int]]]] = defaultdict(lambda: defaultdict(list))
    for session_id, added_in, removed_in, category, language, files, size in entries.annotate(
        files=Count("pk"), size=Sum("blob__size")
    ):
        group = (category, language)
        changes[session_id][added_in].append((group, files, int(size)))
        if removed_in is not None:
            changes[session_id][removed_in].append((group, -files, -int(size)))
    return changes


def _count_blobs(session_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """Return the number of new blobs, by session and version number."""
    added = (
        Entry.objects.filter(session__in=session_ids)
        .values("session_id", "blob_id")
        .annotate(first=Min("added_in"))
    )
    counts: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in added.iterator():
        counts[row["session_id"]][row["first"]] += 1
    return counts


def _find_wrong(
    versions: Sequence[Version],
    group_changes: dict[int, list[tuple[Group, int, int]]],
    blobs: dict[int, int],
    changes: dict[int, ChangeSummary],
) -> Iterator[Version]:
    groups: dict[Group, tuple[int, int]] = {}
    history_size = blob_count = 0
    for version in versions:
        for group, files, size in group_changes.get(version.number, ()):
            old_files, old_size = groups.get(group, (0, 0))
            groups[group] = (old_files + files, old_size + size)
        history_size += version.stored_size
        blob_count += blobs.get(version.number, 0)
        file_groups = [[*group, *counts] for group, counts in sorted(groups.items()) if counts[0]]
        summary = changes.get(version.number, ChangeSummary()).as_dict()
        right = (file_groups, history_size, blob_count, summary)
        if (
            *(version.file_groups, version.history_size, version.history_blob_count, version.changes),
        ) != right:
            version.file_groups, version.history_size, version.history_blob_count, version.changes = right
            yield version
