"""Preview of a save: what it would add, change and remove, in the portal's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dubbing_client.save_plan import SavePlan
from dubbing_core.categories import METADATA_NAME
from dubbing_core.change_summary import ChangeKind, ChangeSummary, summarize_files
from dubbing_core.metadata import SIZE_LIMIT
from dubbing_core.metadata_reading import read_metadata


@dataclass(frozen=True)
class SavePreview:
    """Sorted paths of the folder."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    modes: frozenset[str]
    """Changed files of which only the executable bit differs."""
    removed: tuple[str, ...]
    unchanged: int
    size: int
    """Bytes of new and changed files."""
    summary: ChangeSummary
    """Without the session's own metadata.json, as the version's row on the portal."""


def preview_save(plan: SavePlan, hashes: Mapping[str, str]) -> SavePreview:
    """Compare a folder with the session.

    :param hashes: of all files of the folder.
    """
    differing = sorted(path for path, sha256 in hashes.items() if plan.is_changed(path, sha256))
    new = tuple(path for path in differing if path not in plan.synced)
    changed = tuple(path for path in differing if path in plan.synced)
    modes = frozenset(path for path in changed if plan.synced[path] == hashes[path])
    own = {METADATA_NAME} if _has_session_document(plan) else set()
    sizes = {path: plan.listing.files[path].size for path in differing}
    files = {
        kind: [(plan.portal_path(path), sizes[path]) for path in paths if path not in own]
        for kind, paths in (
            (ChangeKind.NEW, new),
            (ChangeKind.CHANGED, [path for path in changed if path not in modes]),
            (ChangeKind.MADE_EXECUTABLE, [path for path in modes if plan.listing.files[path].is_executable]),
            (
                ChangeKind.NOT_EXECUTABLE,
                [path for path in modes if not plan.listing.files[path].is_executable],
            ),
        )
    }
    files[ChangeKind.REMOVED] = [(path, plan.removed_sizes[path]) for path in plan.removed]
    return SavePreview(
        new=new,
        changed=changed,
        modes=modes,
        removed=tuple(sorted(plan.removed_local)),
        unchanged=len(hashes) - len(differing),
        size=sum(sizes.values()),
        summary=summarize_files(files),
    )


def _has_session_document(plan: SavePlan) -> bool:
    """Return whether metadata.json is the session's, which versions do not list."""
    if METADATA_NAME not in plan.listing.files:
        return False
    try:
        with (plan.folder.path / METADATA_NAME).open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError:  # it was removed in the meantime
        return False
    return read_metadata(data, size=plan.listing.files[METADATA_NAME].size).is_intact
