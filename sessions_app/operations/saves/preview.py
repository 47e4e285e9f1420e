"""Shows where each file of a folder would go, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dubbing_core.paths import PathError, check_collisions, normalize_path
from dubbing_core.placement import Placement, find_metadata
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.saves import placement as placing
from sessions_app.queries.manifests import VersionContents

MAX_APART = 20


@dataclass(frozen=True, kw_only=True)
class Refusal:
    path: str
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Sorting:
    placements: Sequence[Placement]
    refused: Sequence[Refusal]
    """Files that cannot be saved, or not beside the others."""
    metadata: str | None
    """The one that is taken for the session's metadata.json."""


def sort(raw_paths: Sequence[str], *, on: VersionContents, rooted: bool) -> Sorting:
    """Sort a folder's files into the tree of a session whose current version is ``on``.

    :param rooted: as `placing.place` says.
    :raises BadInputError: so many cannot lie beside each other that the folder must be put in order first.
    """
    paths: list[str] = []
    refused: list[Refusal] = []
    for raw in raw_paths:
        try:
            paths.append(normalize_path(raw))
        except PathError as error:
            refused.append(Refusal(path=raw, code=error.code, message=str(error)))
    refused += _apart(paths)
    return Sorting(
        placements=placing.place(paths, on=on, rooted=rooted), refused=refused, metadata=find_metadata(paths)
    )


def _apart(paths: list[str]) -> list[Refusal]:
    """Take out of ``paths`` what cannot lie beside the others, and tell why."""
    refused: list[Refusal] = []
    while True:
        try:
            check_collisions(paths)
        except PathError as error:
            if len(refused) == MAX_APART:
                raise BadInputError(str(error), code=error.code) from error
            paths.remove(error.path)
            refused.append(Refusal(path=error.path, code=error.code, message=str(error)))
        else:
            return refused
