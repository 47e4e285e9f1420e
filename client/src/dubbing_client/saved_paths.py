"""Entries of a version by their paths as saved, and in the session's tree."""

from __future__ import annotations

from dubbing_client.objects import Entry, Manifest
from dubbing_core.categories import Category
from dubbing_core.labels import Label, Role
from dubbing_core.projection import project_paths

ROLES = frozenset(Role)


def hashes_by_saved_path(manifest: Manifest) -> dict[str, str]:
    """Return path -> SHA-256."""
    return {entry["path"]: entry["sha256"] for entry in manifest["entries"]}


def entries_by_saved_path(manifest: Manifest) -> dict[str, Entry]:
    return {entry["path"]: entry for entry in manifest["entries"]}


def entries_by_session_path(manifest: Manifest) -> dict[str, Entry]:
    """Return the entries by their paths in the session's tree.

    The session's own metadata.json has no place in it.
    """
    entries = entries_by_saved_path(manifest)
    places = project_paths({path: label_of(entry) for path, entry in entries.items()})
    return {place: entries[path] for path, place in places.items()}


def label_of(entry: Entry) -> Label:
    role = entry["role"]
    return Label(
        category=Category(entry["category"]),
        language=entry["language"],
        role=Role(role) if role in ROLES else Role.NONE,
    )
