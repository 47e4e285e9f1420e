"""Paths of a save or an import, checked as one tree."""

from __future__ import annotations

from collections.abc import Sequence

from dubbing_core.paths import PathError, check_tree
from sessions_app.operations.errors import BadInputError


def check_paths(paths: Sequence[str]) -> None:
    """Refuse paths that cannot exist in one tree.

    :raises BadInputError: two are equal, or one is a folder of another.
    """
    try:
        check_tree(paths)
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error
