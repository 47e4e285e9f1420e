"""Change preview: what a save of chosen files would change, before any upload."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dubbing_core.change_summary import ChangeKind, ChangeSummary, summarize_files
from dubbing_core.enums import StrEnum
from dubbing_core.labels import Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.placement import Placement
from sessions_app.queries.manifests import VersionContents


class FileState(StrEnum):
    """A chosen file, compared with the one that it replaces."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNREAD = "unread"
    """It has the same size; only its SHA-256 would show whether it was changed."""


@dataclass(frozen=True, kw_only=True)
class FileToSave:
    size: int
    """In bytes."""
    sha256: str = ""
    """Or "" if the sender has not read the file yet."""


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
    removed: Collection[str] = (),
    replaces_all: bool = False,
) -> ChangePreview:
    """Compare placed files with a session's current version.

    :param files: by path as received.
    :param removed: paths in the session that the save removes.
    :param replaces_all: the save removes every other file.
    """
    entries = {entry.path: entry for entry in current.manifest.files}
    placed = {placement.path: files[placement.source] for placement in placements}
    states = {path: _compare(entries.get(path), file) for path, file in placed.items()}
    without = set(removed)
    removed_entries = [
        entry for path, entry in entries.items() if path not in placed and (replaces_all or path in without)
    ]
    own = {placement.path for placement in placements if placement.role is Role.SESSION_METADATA}
    summary = summarize_files(
        {
            ChangeKind.NEW: _list_sizes(placed, states, FileState.NEW, without=own),
            ChangeKind.CHANGED: _list_sizes(placed, states, FileState.CHANGED, without=own),
            ChangeKind.REMOVED: [(entry.path, entry.size) for entry in removed_entries],
        }
    )
    previous = {path: entries[path] for path in placed if path in entries}
    return ChangePreview(states=states, previous=previous, removed=removed_entries, summary=summary)


def _compare(entry: ManifestEntry | None, file: FileToSave) -> FileState:
    if entry is None:
        return FileState.NEW
    if entry.size != file.size:
        return FileState.CHANGED
    if not file.sha256:
        return FileState.UNREAD if file.size else FileState.UNCHANGED
    return FileState.UNCHANGED if file.sha256 == entry.sha256 else FileState.CHANGED


def _list_sizes(
    placed: Mapping[str, FileToSave],
    states: Mapping[str, FileState],
    state: FileState,
    *,
    without: Collection[str],
) -> list[tuple[str, int]]:
    return [
        (path, file.size) for path, file in placed.items() if states[path] is state and path not in without
    ]
