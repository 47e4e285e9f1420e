"""Placement preview: the path that each file would get, before any upload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dubbing_core.file_matching import list_candidates
from dubbing_core.paths import PathError, check_tree, parse_saved_path
from dubbing_core.placement import Placement, find_metadata
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.saves.change_preview import ChangePreview, FileToSave, preview_changes
from sessions_app.operations.saves.placement import NO_TARGETS, place_in_session
from sessions_app.queries.manifests import VersionContents

MAX_COLLISIONS = 20
MAX_MATCHED = 100
"""Files without a folder whose match can be changed; more are no hand-picked files."""


@dataclass(frozen=True, kw_only=True)
class RefusedPath:
    path: str
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class PlacementPreview:
    placements: Sequence[Placement]
    refused: Sequence[RefusedPath]
    """Files that cannot be saved, or not together with the others."""
    metadata: str | None
    """The path that is used as the session's metadata.json."""
    changes: ChangePreview | None
    """None where sizes are unknown."""
    candidates: Mapping[str, Sequence[str]]
    """Files of the session that a file without a folder may replace, by its path as received."""


def preview_placement(
    raw_paths: Sequence[str],
    *,
    current: VersionContents,
    rooted: bool,
    targets: Mapping[str, str] = NO_TARGETS,
    files: Mapping[str, FileToSave] | None = None,
    replaces_all: bool = False,
) -> PlacementPreview:
    """Return the placement of a folder's files in a session's current version.

    :param rooted: see `place_in_session`, as for `targets`.
    :param files: sizes and hashes by raw path, to preview the changes.
    :param replaces_all: the save removes every other file.
    :raises BadInputError: too many paths collide; the folder must be cleaned up first.
    """
    paths: list[str] = []
    sized: dict[str, FileToSave] = {}
    refused: list[RefusedPath] = []
    for raw in raw_paths:
        try:
            path = parse_saved_path(raw)
        except PathError as error:
            refused.append(RefusedPath(path=raw, code=error.code, message=str(error)))
        else:
            paths.append(path)
            if files is not None:
                sized[path] = files[raw]
    refused += _remove_collisions(paths)
    placements = place_in_session(paths, current=current, rooted=rooted, targets=targets)
    changes = None
    if files is not None:
        changes = preview_changes(placements, sized, current=current, replaces_all=replaces_all)
    return PlacementPreview(
        placements=placements,
        refused=refused,
        metadata=find_metadata(paths, rooted=rooted),
        changes=changes,
        candidates={} if rooted else _find_candidates(placements, current),
    )


def _find_candidates(placements: Sequence[Placement], current: VersionContents) -> dict[str, list[str]]:
    earlier = {entry.path: entry.label for entry in current.manifest.files}
    loose = [placement for placement in placements if "/" not in placement.source]
    if not earlier or len(loose) > MAX_MATCHED:
        return {}
    found = {
        placement.source: list_candidates(placement.source, placement.label, earlier)
        for placement in loose
        if placement.source not in earlier
    }
    return {source: candidates for source, candidates in found.items() if candidates}


def _remove_collisions(paths: list[str]) -> list[RefusedPath]:
    """Remove from ``paths`` those that collide with others; return them."""
    refused: list[RefusedPath] = []
    while True:
        try:
            check_tree(paths)
        except PathError as error:
            if len(refused) == MAX_COLLISIONS:
                raise BadInputError(str(error), code=error.code) from error
            paths.remove(error.path)
            refused.append(RefusedPath(path=error.path, code=error.code, message=str(error)))
        else:
            return refused
