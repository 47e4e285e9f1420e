"""Corrections of labels that are sent along with a save."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.label_changes import LabelChange, LabelError, check_sources
from dubbing_core.labels import Role
from dubbing_core.paths import PathError, parse_saved_path
from dubbing_core.placement import Placement
from dubbing_core.sentences import sentence
from sessions_app.operations.errors import BadInputError


def check_corrections(changes: Mapping[str, LabelChange], paths: Collection[str]) -> dict[str, LabelChange]:
    """Return the corrections with their paths as stored in uploads.

    :param paths: of the files of the save.
    :raises BadInputError: a file is not part of the save, or cannot be the source.
    """
    try:
        normalized = {parse_saved_path(path): change for path, change in changes.items()}
        check_sources(normalized)
    except (LabelError, PathError) as error:
        raise BadInputError(str(error), code=error.code) from error
    _check_files(normalized, paths)
    return normalized


def check_recognized(recognized: Collection[str], paths: Collection[str]) -> list[str]:
    """Return the files whose correction is withdrawn, as stored in uploads.

    :param paths: of the files of the save.
    :raises BadInputError: a file is not part of the save.
    """
    try:
        normalized = sorted({parse_saved_path(path) for path in recognized})
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error
    _check_files(normalized, paths)
    return normalized


def _check_files(chosen: Collection[str], paths: Collection[str]) -> None:
    if missing := set(chosen) - set(paths):
        raise BadInputError(
            sentence(
                "“%(path)s” has a corrected label, but is not among the files to save.", path=min(missing)
            ),
            code="no_such_file",
        )


def write_corrections(changes: Mapping[str, LabelChange]) -> list[dict[str, Any]]:
    """Return corrections as a job's parameter: a row for all with the same one."""
    grouped: dict[LabelChange, list[str]] = {}
    for path, change in changes.items():
        grouped.setdefault(change, []).append(path)
    return [
        {"paths": paths, "category": change.category, "language": change.language, "role": change.role}
        for change, paths in grouped.items()
    ]


def read_corrections(params: Mapping[str, Any], placements: Sequence[Placement]) -> dict[str, LabelChange]:
    """Return the corrections of a job, by path in the session."""
    rows: Iterable[Mapping[str, Any]] = params.get("labels", ())
    by_source = {
        path: LabelChange(
            category=None if row["category"] is None else Category(row["category"]),
            language=row["language"],
            role=None if row["role"] is None else Role(row["role"]),
        )
        for row in rows
        for path in row["paths"]
    }
    return locate_corrections(by_source, placements)


def locate_corrections(
    changes: Mapping[str, LabelChange], placements: Sequence[Placement]
) -> dict[str, LabelChange]:
    """Return corrections by path in the session instead of the path as received."""
    return {
        placement.path: changes[placement.source] for placement in placements if placement.source in changes
    }
