"""Where a load puts a version's files: where they lay in the folder that they were saved from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from dubbing_core.manifest import ManifestEntry
from dubbing_core.paths import PathError, check_collisions, fold_path, list_ancestors


def resolve_origin_conflicts(
    entries: Sequence[ManifestEntry], *, newest: Collection[str]
) -> list[ManifestEntry]:
    """Return the entries with origins that can lie side by side; one whose place is taken stays at its path in the session.

    Files of two folders may have been saved into one session.

    :param newest: paths in the session of what has just arrived, which knows best where it belongs.
    """
    try:
        check_collisions(entry.origin or entry.path for entry in entries)
    except PathError:
        return _apart(entries, newest)
    return list(entries)


def _apart(entries: Sequence[ManifestEntry], newest: Collection[str]) -> list[ManifestEntry]:
    ranked = sorted(entries, key=lambda entry: (entry.path not in newest, entry.path))
    homeless = {entry.path for entry in entries if not entry.origin}
    while True:
        taken = _Taken()
        for entry in ranked:
            if entry.path in homeless:
                taken.add(entry.path)
        refused = {
            entry.path for entry in ranked if entry.path not in homeless and not taken.try_add(entry.origin)
        }
        if not refused:
            return [replace(entry, origin="") if entry.path in homeless else entry for entry in entries]
        homeless |= refused  # and back at their paths, where they may be in the way of others


class _Taken:
    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, path: str) -> None:
        folded = fold_path(path)
        self._files.add(folded)
        self._folders.update(list_ancestors(folded))

    def try_add(self, path: str) -> bool:
        folded = fold_path(path)
        around = list_ancestors(folded)
        if folded in self._files or folded in self._folders or not self._files.isdisjoint(around):
            return False
        self._files.add(folded)
        self._folders.update(around)
        return True
