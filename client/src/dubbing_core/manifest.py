"""Manifest of a version: entries as a value, fingerprint, differences."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.labels import Label, LabelAuthor, Role
from dubbing_core.paths import check_tree, list_ancestors
from dubbing_core.projection import project_paths

TIMESTAMPS = ("created_at", "last_updated", "last_accessed")
"""Keys of metadata.json that two saves of the same work may differ in."""
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, kw_only=True, order=True, slots=True)
class ManifestEntry:
    """One file of a version."""

    path: str
    """As saved, relative to the folder."""
    sha256: str
    size: int
    crc32: int
    category: Category
    language: str = ""
    """A BCP 47 tag, or "" where none is known."""
    role: Role = Role.NONE
    labeled_by: LabelAuthor = LabelAuthor.RECOGNIZER
    is_executable: bool = False
    mtime_ns: int | None = field(default=None, compare=False)
    """Time of the last modification in nanoseconds since 1970, or None if unknown. A touched file is no change."""
    since: int = field(default=0, compare=False)
    """Version in which the session first had these bytes; 0 if they are not in a version yet."""

    @property
    def label(self) -> Label:
        return Label(category=self.category, language=self.language, role=self.role)

    @property
    def is_metadata(self) -> bool:
        """Whether the file is the session's own metadata.json."""
        return self.role is Role.SESSION_METADATA


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Entries of one version."""

    entries: tuple[ManifestEntry, ...]
    """Sorted by path."""
    empty_folders: tuple[str, ...] = ()
    """Sorted."""

    @classmethod
    def from_entries(cls, entries: Iterable[ManifestEntry], *, empty_folders: Iterable[str] = ()) -> Manifest:
        """Sort the entries and check their paths.

        Of the folders only those without files are kept.

        :raises PathError: two entries cannot exist side by side.
        """
        ordered = tuple(sorted(entries))
        paths = [entry.path for entry in ordered]
        check_tree(paths)
        return cls(entries=ordered, empty_folders=find_empty_folders(empty_folders, paths))

    @cached_property
    def files(self) -> tuple[ManifestEntry, ...]:
        """The entries without the session's own metadata.json."""
        return tuple(entry for entry in self.entries if not entry.is_metadata)

    @cached_property
    def total_size(self) -> int:
        return sum([entry.size for entry in self.files])

    def compute_fingerprint(self, document: Mapping[str, Any]) -> str:
        """Return a SHA-256 that only versions with the same contents share.

        :param document: the metadata document; its timestamps and the order of its keys do not count.
        """
        metadata = {key: value for key, value in document.items() if key not in TIMESTAMPS}
        folders = f'"empty_folders":{_encode(list(self.empty_folders))},' if self.empty_folders else ""
        rows = ",".join(self._write_rows())
        canonical = f'{{{folders}"entries":[{rows}],"metadata":{_encode(metadata)}}}'
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()

    def _write_rows(self) -> Iterator[str]:
        """Yield each file as a JSON object with sorted keys.

        Building dictionaries to encode takes four times as long, and every save does it for every file.
        """
        labels: dict[tuple[Category, str, Role, LabelAuthor, bool], tuple[str, str, str]] = {}
        for entry in self.files:  # the document stands for its own metadata.json
            label = entry.category, entry.language, entry.role, entry.labeled_by, entry.is_executable
            if (parts := labels.get(label)) is None:
                parts = labels[label] = _write_label(entry)
            category, language, role = parts
            yield (
                f'{{{category},"crc32":"{entry.crc32:08x}",{language},"path":{_encode(entry.path)}{role},'
                f'"sha256":"{entry.sha256}","size":{entry.size}}}'
            )


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Entries that differ between two manifests, sorted by path."""

    added: tuple[ManifestEntry, ...]
    removed: tuple[ManifestEntry, ...]
    changed: tuple[ManifestEntry, ...]
    """In their new state: same path, other bytes, label or executable bit."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def diff_manifests(old: Manifest, new: Manifest) -> Changes:
    """Return the changes that lead from the old manifest to the new one."""
    before = {entry.path: entry for entry in old.entries}
    after = {entry.path: entry for entry in new.entries}
    # Most entries of a new version are those of its parent.
    differing = [(path, entry) for path, entry in after.items() if before.get(path) is not entry]
    return Changes(
        added=tuple([entry for path, entry in differing if path not in before]),
        removed=tuple([entry for path, entry in before.items() if path not in after]),
        changed=tuple([entry for path, entry in differing if path in before and before[path] != entry]),
    )


def _write_label(entry: ManifestEntry) -> tuple[str, str, str]:
    """Return what equally labeled files share: category, language with facts, role."""
    facts = build_facts(entry)
    role = f',"role":{_encode(facts.pop("role"))}' if "role" in facts else ""
    stated = "".join(f'"{name}":{_encode(value)},' for name, value in sorted(facts.items()))
    return (
        f'"category":{_encode(entry.category.value)}',
        f'{stated}"language":{_encode(entry.language)}',
        role,
    )


def build_facts(entry: ManifestEntry) -> dict[str, Any]:
    """Return role, author of the label and executable bit, unless usual."""
    facts: dict[str, Any] = {}
    if entry.role:
        facts["role"] = entry.role.value
    if entry.labeled_by is not LabelAuthor.RECOGNIZER:
        facts["labeled_by"] = entry.labeled_by.value
    if entry.is_executable:
        facts["executable"] = True
    return facts


def find_empty_folders(folders: Iterable[str], paths: Iterable[str]) -> tuple[str, ...]:
    """Return the innermost folders without files, sorted.

    A folder in the place of a file is left out.

    :param paths: of all files.
    """
    files = set(paths)
    filled = {ancestor for path in files for ancestor in list_ancestors(path)}
    empty = [
        folder for folder in set(folders) - filled if files.isdisjoint([folder, *list_ancestors(folder)])
    ]
    outer = {ancestor for folder in empty for ancestor in list_ancestors(folder)}
    return tuple(sorted(set(empty) - outer))


def project_entries(entries: Iterable[ManifestEntry]) -> list[ManifestEntry]:
    """Return a version's entries, with paths in the session's tree, sorted."""
    entries = list(entries)
    paths = project_paths({entry.path: entry.label for entry in entries})
    placed = [
        entry if paths[entry.path] == entry.path else replace(entry, path=paths[entry.path])
        for entry in entries
        if entry.path in paths
    ]
    return sorted(placed)
