"""Manifest of a version: entries as a value, fingerprint, differences."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.paths import check_collisions

TIMESTAMPS = ("created_at", "last_updated", "last_accessed")
"""Keys of metadata.json that two saves of the same work may differ in."""


@dataclass(frozen=True, kw_only=True, order=True, slots=True)
class ManifestEntry:
    """One file of a version."""

    path: str
    """In the session's tree; see `dubbing_core.paths`."""
    sha256: str
    size: int
    crc32: int
    category: Category
    language: str = ""
    """A BCP 47 tag, or "" where none is known."""
    origin: str = ""
    """The path in the folder from which the file was saved; "" where that equals `path`."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Entries of one version."""

    entries: tuple[ManifestEntry, ...]
    """Sorted by path."""

    @classmethod
    def from_entries(cls, entries: Iterable[ManifestEntry]) -> Manifest:
        """Sort the entries and check their paths.

        :raises PathError: two entries cannot exist side by side on every file system.
        """
        ordered = tuple(sorted(entries))
        check_collisions(entry.path for entry in ordered)
        return cls(entries=ordered)

    @property
    def total_size(self) -> int:
        return sum(entry.size for entry in self.entries)

    def compute_fingerprint(self, document: Mapping[str, Any]) -> str:
        """Return a SHA-256 that only versions with the same contents share.

        :param document: the metadata document; its timestamps and the order of its keys do not count.
        """
        metadata = {key: value for key, value in document.items() if key not in TIMESTAMPS}
        canonical = json.dumps(
            {"entries": self._build_rows(), "metadata": metadata},
            sort_keys=True,
            separators=(",", ":"),
            allow_nan=False,
        )
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()

    def _build_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "path": entry.path,
                "sha256": entry.sha256,
                "size": entry.size,
                "crc32": f"{entry.crc32:08x}",
                "category": entry.category.value,
                "language": entry.language,
                **({"origin": entry.origin} if entry.origin else {}),
            }
            for entry in self.entries
        ]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Entries that differ between two manifests, sorted by path."""

    added: tuple[ManifestEntry, ...]
    removed: tuple[ManifestEntry, ...]
    changed: tuple[ManifestEntry, ...]
    """In their new state: same path, other bytes, category, language or origin."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def diff_manifests(old: Manifest, new: Manifest) -> Changes:
    """Return the changes that lead from the old manifest to the new one."""
    before = {entry.path: entry for entry in old.entries}
    after = {entry.path: entry for entry in new.entries}
    return Changes(
        added=tuple(entry for path, entry in after.items() if path not in before),
        removed=tuple(entry for path, entry in before.items() if path not in after),
        changed=tuple(entry for path, entry in after.items() if path in before and before[path] != entry),
    )
