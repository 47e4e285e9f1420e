"""What differs between a folder and a version, without changing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Paths, each list sorted, as seen from the version: what a save of the folder would add to it."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    """In the version, not in the folder."""
    same: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.missing)


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> Difference:
    """Compare path -> SHA-256 of a folder with that of a version."""
    return Difference(
        added=tuple(sorted(here.keys() - there.keys())),
        changed=tuple(sorted(path for path in here.keys() & there.keys() if here[path] != there[path])),
        missing=tuple(sorted(there.keys() - here.keys())),
        same=sum(here[path] == there[path] for path in here.keys() & there.keys()),
    )
