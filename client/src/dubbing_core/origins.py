"""Origins: paths in the folders from which files were saved, used by loads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from dubbing_core.manifest import ManifestEntry
from dubbing_core.path_allocator import PathAllocator
from dubbing_core.paths import PathError, check_collisions


def resolve_origin_conflicts(
    entries: Sequence[ManifestEntry], *, newest: Collection[str]
) -> list[ManifestEntry]:
    """Drop origins that cannot exist side by side.

    Conflicts occur where files of two folders were saved into one session.

    :param newest: session paths of the files just saved, whose origins have priority.
    """
    try:
        check_collisions(entry.origin or entry.path for entry in entries)
    except PathError:
        return _drop_conflicting_origins(entries, newest)
    return list(entries)


def _drop_conflicting_origins(
    entries: Sequence[ManifestEntry], newest: Collection[str]
) -> list[ManifestEntry]:
    ranked = sorted(entries, key=lambda entry: (entry.path not in newest, entry.path))
    without_origin = {entry.path for entry in entries if not entry.origin}
    while True:
        allocator = PathAllocator()
        for path in without_origin:
            allocator.add(path)
        conflicting = {
            entry.path
            for entry in ranked
            if entry.path not in without_origin and not allocator.try_add(entry.origin)
        }
        if not conflicting:
            return [replace(entry, origin="") if entry.path in without_origin else entry for entry in entries]
        # At their session paths they may conflict with further origins, so check again.
        without_origin |= conflicting
