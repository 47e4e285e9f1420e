"""What each version changed, from the ranges of versions of its session's entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from dubbing_core.change_summary import ChangeKind, ChangeSummary, find_kind_of_facts, summarize_files
from sessions_app.models import Entry


class Range(NamedTuple):
    """Versions in which a path has one blob and label."""

    path: str
    added_in: int
    removed_in: int | None
    blob_id: int
    size: int
    category: str
    language: str
    role: str
    labeled_by: str
    is_executable: bool

    @property
    def label(self) -> tuple[str, ...]:
        return self.category, self.language, self.role, self.labeled_by


COLUMNS = ("path", "added_in", "removed_in", "blob_id", "blob__size")
LABEL_COLUMNS = ("category", "language", "role", "labeled_by", "is_executable")


def find_version_changes(session_ids: Collection[int]) -> dict[int, dict[int, ChangeSummary]]:
    """Return what each version changed, by session and number of the version.

    Versions that changed no file are left out.
    """
    entries = Entry.objects.filter(session__in=session_ids).files()
    ranges: dict[int, list[Range]] = defaultdict(list)
    rows = entries.values_list("session_id", *COLUMNS, *LABEL_COLUMNS)
    for session_id, *columns in rows.iterator():
        ranges[session_id].append(Range(*columns))
    return defaultdict(
        dict, {session_id: _summarize_ranges(of_session) for session_id, of_session in ranges.items()}
    )


def _summarize_ranges(ranges: Iterable[Range]) -> dict[int, ChangeSummary]:
    files: dict[int, dict[ChangeKind, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
    for path, of_path in groupby(sorted(ranges), key=attrgetter("path")):
        for number, kind, size in _iter_changes(of_path):
            files[number][kind].append((path, size))
    return {number: summarize_files(kinds) for number, kinds in files.items()}


def _iter_changes(ranges: Iterable[Range]) -> Iterator[tuple[int, ChangeKind, int]]:
    """Yield number of the version, kind and size of each change of one path."""
    last: Range | None = None
    for current in ranges:
        if last is not None and last.removed_in == current.added_in:
            yield current.added_in, _find_kind(last, current), current.size
        else:
            if last is not None and last.removed_in is not None:
                yield last.removed_in, ChangeKind.REMOVED, last.size
            yield current.added_in, ChangeKind.NEW, current.size
        last = current
    if last is not None and last.removed_in is not None:
        yield last.removed_in, ChangeKind.REMOVED, last.size


def _find_kind(old: Range, new: Range) -> ChangeKind:
    if old.blob_id != new.blob_id:
        return ChangeKind.CHANGED
    return find_kind_of_facts(
        has_same_label=old.label == new.label,
        was_executable=old.is_executable,
        is_executable=new.is_executable,
    )
