"""Differences between a folder and a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FolderDiff:
    """Sorted paths, relative to the version.

    A save of the folder would add the added and changed ones.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    """Paths in the version and not in the folder."""
    same: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.missing)


def diff_folder(local: Mapping[str, str], version: Mapping[str, str]) -> FolderDiff:
    """Compare path -> SHA-256 of a folder with that of a version."""
    return FolderDiff(
        added=tuple(sorted(local.keys() - version.keys())),
        changed=tuple(sorted(path for path in local.keys() & version.keys() if local[path] != version[path])),
        missing=tuple(sorted(version.keys() - local.keys())),
        same=sum(local[path] == version[path] for path in local.keys() & version.keys()),
    )
