"""Denormalized values of versions, computed again from their entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from django.db.models import Count, Min, Q, Sum

from dubbing_core.change_summary import ChangeSummary
from sessions_app.models import Entry, Version
from sessions_app.operations.cleanup.consistency.version_changes import find_version_changes

Group = tuple[str, str]
"""Category and language."""
GroupChange = tuple[Group, int, int, int]
"""Group and by how much its files, bytes and empty files change."""


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
            "empty_file_count",
            "changes",
        )
    )
    wrong: list[Version] = []
    for session_id, rows in groupby(versions.order_by("session_id", "number"), key=attrgetter("session_id")):
        wrong += _find_wrong(list(rows), groups[session_id], blobs[session_id], changes[session_id])
    return wrong


def _find_group_changes(session_ids: Collection[int]) -> dict[int, dict[int, list[GroupChange]]]:
    """Return the change of each group, by session and version number."""
    entries = (
        Entry.objects.filter(session__in=session_ids)
        .files()
        .values_list("session_id", "added_in", "removed_in", "category", "language")
    )
    changes: dict[int, dict[int, list[GroupChange]]] = defaultdict(lambda: defaultdict(list))
    for session_id, added_in, removed_in, category, language, files, size, empty in entries.annotate(
        files=Count("pk"), size=Sum("blob__size"), empty=Count("pk", filter=Q(blob__size=0))
    ):
        group = (category, language)
        changes[session_id][added_in].append((group, files, int(size), empty))
        if removed_in is not None:
            changes[session_id][removed_in].append((group, -files, -int(size), -empty))
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
    group_changes: dict[int, list[GroupChange]],
    blobs: dict[int, int],
    changes: dict[int, ChangeSummary],
) -> Iterator[Version]:
    groups: dict[Group, tuple[int, int]] = {}
    history_size = blob_count = empty_count = 0
    for version in versions:
        for group, files, size, empty in group_changes.get(version.number, ()):
            empty_count += empty
            old_files, old_size = groups.get(group, (0, 0))
            groups[group] = (old_files + files, old_size + size)
        history_size += version.stored_size
        blob_count += blobs.get(version.number, 0)
        file_groups = [[*group, *counts] for group, counts in sorted(groups.items()) if counts[0]]
        summary = changes.get(version.number, ChangeSummary()).as_dict()
        right = {
            "file_groups": file_groups,
            "empty_file_count": empty_count,
            "history_size": history_size,
            "history_blob_count": blob_count,
            "changes": summary,
        }
        if any(getattr(version, name) != value for name, value in right.items()):
            for name, value in right.items():
                setattr(version, name, value)
            yield version
