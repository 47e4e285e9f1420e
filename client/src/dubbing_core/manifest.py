"""What a version consists of, as a value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.paths import check_collisions

TIMESTAMPS = ("created_at", "last_updated", "last_accessed")
"""Keys of metadata.json that differ between two saves of the same work."""


@dataclass(frozen=True, kw_only=True, order=True)
class ManifestEntry:
    path: str
    """In the session's tree, see `domain.paths`."""
    sha256: str
    size: int
    crc32: int
    category: Category
    language: str = ""
    """A BCP 47 tag, or "" when nothing tells."""
    origin: str = ""
    """Where it lay in the folder that it was saved from; "" where that is `path`."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    entries: tuple[ManifestEntry, ...]
    """Sorted by path."""

    @classmethod
    def from_entries(cls, entries: Iterable[ManifestEntry]) -> Manifest:
        """Bring entries into order.

        :raises PathError: if two of them cannot lie side by side.
        """
        ordered = tuple(sorted(entries))
        check_collisions(entry.path for entry in ordered)
        return cls(entries=ordered)

    @property
    def total_size(self) -> int:
        return sum(entry.size for entry in self.entries)

    def compute_fingerprint(self, document: Mapping[str, Any]) -> str:
        """The SHA-256 that two versions share exactly if saving one over the other would change nothing.

        `document` is the metadata; its timestamps do not count, nor does the order of its keys.
        """
        metadata = {key: value for key, value in document.items() if key not in TIMESTAMPS}
        canonical = json.dumps(
            {"entries": self._rows(), "metadata": metadata},
            sort_keys=True,
            separators=(",", ":"),
            allow_nan=False,
        )
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()

    def _rows(self) -> list[dict[str, Any]]:
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
    """Entries that differ between two manifests, each sorted by path."""

    added: tuple[ManifestEntry, ...]
    removed: tuple[ManifestEntry, ...]
    changed: tuple[ManifestEntry, ...]
    """As they are in the new one: other bytes, or another category, language or origin, at the same path."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def diff_manifests(old: Manifest, new: Manifest) -> Changes:
    before = {entry.path: entry for entry in old.entries}
    after = {entry.path: entry for entry in new.entries}
    return Changes(
        added=tuple(entry for path, entry in after.items() if path not in before),
        removed=tuple(entry for path, entry in before.items() if path not in after),
        changed=tuple(entry for path, entry in after.items() if path in before and before[path] != entry),
    )
