"""Stale results that a person checked and found to be right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.checked_results import Check, shorten_digests
from dubbing_core.input_history import InputHistory
from dubbing_core.manifest import Manifest
from dubbing_core.own_texts import find_own_texts, get_cell_contents
from dubbing_core.progress_matrix import compute_document_progress
from dubbing_core.project_edits import ProjectEdits
from dubbing_core.selected_cells import SelectedCell, describe_cells
from dubbing_core.sentences import sentence
from dubbing_core.staleness import compute_input_digests, describe_inputs, name_cell
from sessions_app.models import Version
from sessions_app.operations.errors import BadInputError


def apply_checks(
    edits: ProjectEdits,
    checks: Mapping[str, bool],
    current: Version,
    manifest: Manifest,
    *,
    author: AbstractBaseUser,
    now: datetime,
) -> ProjectEdits:
    """Return the edits with the checks of cells.

    :param manifest: of the current version.
    :raises BadInputError: a cell is not stale, or has no check to withdraw.
    """
    if not checks:
        return edits
    made = _make_checks(current, manifest, by=author.get_username(), at=now.isoformat(timespec="seconds"))
    for cell, is_checked in checks.items():
        name = describe_cells([SelectedCell.parse(cell)])[0]
        if is_checked and cell not in made:
            raise BadInputError(
                sentence("There is no stale result in %(name)s.", name=name), code="not_stale"
            )
        if not is_checked and cell not in edits.checks:
            raise BadInputError(
                sentence("There is no check of %(name)s to withdraw.", name=name),
                code="not_checked",
            )
        edits = edits.set_check(cell, made[cell] if is_checked else None)
    return edits


def _make_checks(current: Version, manifest: Manifest, *, by: str, at: str) -> dict[str, Check]:
    """Return a check of each stale cell, by name."""
    stored = current.progress_matrix
    if stored is None:
        return {}
    history = InputHistory.from_dict(current.input_history)
    files = history.empty_unreadable(manifest.files)
    document = current.complete_metadata
    matrix = compute_document_progress(document, files)
    contents = history.get_contents(files)
    own_texts = find_own_texts(matrix, files, history)
    digests = compute_input_digests(matrix, document, contents=contents, own_texts=own_texts)
    made = {}
    for language, step in matrix.places:
        cell = matrix.cell(language, step)
        if not stored.cell(language, step).stale or not cell.paths:
            continue
        of_cell = get_cell_contents(contents, cell, own_texts.get((language, step)))
        made[name_cell(language, step)] = Check(
            files=shorten_digests(of_cell[path] for path in cell.paths),
            inputs=describe_inputs(language, step, digests),
            by=by,
            at=at,
        )
    return made
