"""Progress matrix as JSON values, as a version stores it and the API returns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dubbing_core.progress_matrix import (
    MISSING,
    Cell,
    CellState,
    Input,
    LineCounts,
    ProgressMatrix,
    Staleness,
)
from dubbing_core.steps import Step


def store_matrix(matrix: ProgressMatrix) -> dict[str, Any]:
    """Return the matrix as JSON values.

    Paths are left out: they are those of the entries with the cell's category and language.
    """
    cells: dict[str, dict[str, Any]] = {}
    for language, step in matrix.places:
        cells.setdefault(language, {})[step.value] = _store_cell(matrix.cell(language, step))
    return {"languages": list(matrix.languages), "cells": cells}


def read_matrix(stored: Mapping[str, Any]) -> ProgressMatrix:
    """Return the matrix that `store_matrix` stored; an empty one from nothing."""
    cells = {
        (language, Step(step)): _read_cell(cell)
        for language, steps in stored.get("cells", {}).items()
        for step, cell in steps.items()
    }
    return ProgressMatrix(
        languages=tuple(stored.get("languages", ())),
        transcribed=cells.pop(("", Step.TRANSCRIBED), MISSING),
        cells=cells,
        empty_files=(),
    )


def _store_cell(cell: Cell) -> dict[str, Any]:
    stored: dict[str, Any] = {"state": cell.state.value, "files": cell.files, "empty": cell.empty_files}
    if cell.stale:
        stored["stale"] = {
            "cause": cell.stale.cause.value,
            "changed_in": cell.stale.changed_in,
            "made_in": cell.stale.made_in,
            "files": cell.stale.files,
            "is_inherited": cell.stale.is_inherited,
        }
    if cell.lines:
        stored["lines"] = {
            "total": cell.lines.total,
            "voiced": cell.lines.voiced,
            "gaps": list(cell.lines.gaps),
            "unvoiced_speakers": list(cell.lines.unvoiced_speakers),
        }
    return stored


def _read_cell(stored: Mapping[str, Any]) -> Cell:
    stale, lines = stored.get("stale"), stored.get("lines")
    return Cell(
        state=CellState(stored["state"]),
        files=stored["files"],
        empty_files=stored["empty"],
        stale=Staleness(**{**stale, "cause": Input(stale["cause"])}) if stale else None,
        lines=LineCounts(
            total=lines["total"],
            voiced=lines["voiced"],
            gaps=tuple(lines["gaps"]),
            unvoiced_speakers=tuple(lines["unvoiced_speakers"]),
        )
        if lines
        else None,
    )
