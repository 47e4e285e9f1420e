"""Change preview: what a save of chosen files would change, before any upload."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dubbing_core.change_summary import ChangeKind, ChangeSummary, find_kind_of_facts, summarize_files
from dubbing_core.enums import StrEnum
from dubbing_core.labels import Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.placement import Placement
from sessions_app.queries.manifests import VersionContents


class FileState(StrEnum):
    """A chosen file, compared with the one that it replaces."""

    NEW = "new"
    CHANGED = "changed"
    RELABELED = "relabeled"
    """The same bytes with another label."""
    MADE_EXECUTABLE = "made_executable"
    """The same bytes and label with another executable bit, as in the next state."""
    NOT_EXECUTABLE = "not_executable"
    UNCHANGED = "unchanged"
    UNREAD = "unread"
    """It has the same size; only its SHA-256 would show whether it was changed."""


KINDS = {
    FileState.NEW: ChangeKind.NEW,
    FileState.CHANGED: ChangeKind.CHANGED,
    FileState.RELABELED: ChangeKind.RELABELED,
    FileState.MADE_EXECUTABLE: ChangeKind.MADE_EXECUTABLE,
    FileState.NOT_EXECUTABLE: ChangeKind.NOT_EXECUTABLE,
}


@dataclass(frozen=True, kw_only=True)
class FileToSave:
    size: int
    """In bytes."""
    sha256: str = ""
    """Or "" if the sender has not read the file yet."""
    is_executable: bool | None = None
    """None if unknown: that of the file that it replaces."""


@dataclass(frozen=True, kw_only=True)
class ChangePreview:
    states: Mapping[str, FileState]
    """By path in the session."""
    previous: Mapping[str, ManifestEntry]
    """The files that are replaced, by path."""
    removed: Sequence[ManifestEntry]
    summary: ChangeSummary
    """Unread files count as unchanged."""


def preview_changes(
    placements: Sequence[Placement],
    files: Mapping[str, FileToSave],
    *,
    current: VersionContents,
    after: Mapping[str, ManifestEntry],
    removed: Collection[str] = (),
    replaces_all: bool = False,
) -> ChangePreview:
    """Compare placed files with a session's current version.

    :param files: by path as received.
    :param after: all files of the session after the save, by path; only their labels are read.
    :param removed: paths in the session that the save removes.
    :param replaces_all: the save removes every other file.
    """
    entries = {entry.path: entry for entry in current.manifest.files}
    placed = {placement.path: files[placement.source] for placement in placements}
    states = {path: _compare(entries.get(path), file, after[path]) for path, file in placed.items()}
    without = set(removed)
    removed_entries = [
        entry for path, entry in entries.items() if path not in placed and (replaces_all or path in without)
    ]
    removed_paths = {entry.path for entry in removed_entries}
    own = {placement.path for placement in placements if placement.role is Role.SESSION_METADATA}
    changes: dict[ChangeKind, list[tuple[str, int]]] = {kind: [] for kind in ChangeKind}
    for path, file in placed.items():
        if (kind := KINDS.get(states[path])) is not None and path not in own:
            changes[kind].append((path, file.size))
    changes[ChangeKind.REMOVED] += [(entry.path, entry.size) for entry in removed_entries]
    changes[ChangeKind.RELABELED] += [
        (path, entry.size)
        for path, entry in entries.items()
        if path not in placed and path not in removed_paths and not _has_same_label(entry, after[path])
    ]
    previous = {path: entries[path] for path in placed if path in entries}
    return ChangePreview(
        states=states, previous=previous, removed=removed_entries, summary=summarize_files(changes)
    )


def _has_same_label(old: ManifestEntry, new: ManifestEntry) -> bool:
    return (old.label, old.labeled_by) == (new.label, new.labeled_by)


def _compare(entry: ManifestEntry | None, file: FileToSave, after: ManifestEntry) -> FileState:
    if entry is None:
        return FileState.NEW
    if entry.size != file.size:
        return FileState.CHANGED
    if not file.sha256 and file.size:
        return FileState.UNREAD
    if file.sha256 not in {"", entry.sha256}:
        return FileState.CHANGED
    is_executable = entry.is_executable if file.is_executable is None else file.is_executable
    has_same_label = _has_same_label(entry, after)
    if has_same_label and is_executable == entry.is_executable:
        return FileState.UNCHANGED
    kind = find_kind_of_facts(
        has_same_label=has_same_label, was_executable=entry.is_executable, is_executable=is_executable
    )
    return FileState(kind.value)
