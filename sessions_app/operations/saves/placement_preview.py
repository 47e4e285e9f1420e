"""Placement preview: the path that each file would get, before any upload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dubbing_core.paths import PathError, check_tree, parse_saved_path
from dubbing_core.placement import Placement, find_metadata
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.saves.placement import place_in_session
from sessions_app.queries.manifests import VersionContents

MAX_COLLISIONS = 20


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


def preview_placement(
    raw_paths: Sequence[str], *, current: VersionContents, rooted: bool
) -> PlacementPreview:
    """Return the placement of a folder's files in a session's current version.

    :param rooted: see `place_in_session`.
    :raises BadInputError: too many paths collide; the folder must be cleaned up first.
    """
    paths: list[str] = []
    refused: list[RefusedPath] = []
    for raw in raw_paths:
        try:
            paths.append(parse_saved_path(raw))
        except PathError as error:
            refused.append(RefusedPath(path=raw, code=error.code, message=str(error)))
    refused += _remove_collisions(paths)
    return PlacementPreview(
        placements=place_in_session(paths, current=current, rooted=rooted),
        refused=refused,
        metadata=find_metadata(paths),
    )


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
