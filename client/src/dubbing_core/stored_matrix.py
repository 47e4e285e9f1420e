"""Progress matrix as JSON values, as a version stores it and the API returns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dubbing_core.cell_gaps import LineCounts, ShortVideo
from dubbing_core.checked_results import CheckedResult
from dubbing_core.progress_matrix import MISSING, Cell, CellState, ProgressMatrix
from dubbing_core.stale_results import Staleness
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


def has_stale_cell(stored: Mapping[str, Any]) -> bool:
    """Return whether a cell of a stored matrix is stale."""
    return any("stale" in cell for steps in stored.get("cells", {}).values() for cell in steps.values())


def _store_cell(cell: Cell) -> dict[str, Any]:
    stored: dict[str, Any] = {"state": cell.state.value, "files": cell.files, "empty": cell.empty_files}
    if cell.stale:
        stored["stale"] = cell.stale.as_dict()
    if cell.lines:
        stored["lines"] = {
            "total": cell.lines.total,
            "voiced": cell.lines.voiced,
            "gaps": list(cell.lines.gaps),
            "unvoiced_speakers": list(cell.lines.unvoiced_speakers),
        }
        if cell.lines.too_long:
            stored["lines"] |= {
                "too_long": list(cell.lines.too_long),
                "too_long_count": cell.lines.too_long_count,
            }
    if cell.shorter:
        stored["shorter"] = [cell.shorter.duration_ms, cell.shorter.source_ms]
    if cell.cut_files:
        stored |= {"cut": cell.cut_files, "flaw": cell.flaw}
    if cell.checked:
        stored["checked"] = cell.checked.as_dict()
    return stored


def _read_cell(stored: Mapping[str, Any]) -> Cell:
    stale, lines, shorter = stored.get("stale"), stored.get("lines"), stored.get("shorter")
    return Cell(
        state=CellState(stored["state"]),
        files=stored["files"],
        empty_files=stored["empty"],
        stale=Staleness.from_dict(stale) if stale else None,
        lines=LineCounts(
            total=lines["total"],
            voiced=lines["voiced"],
            gaps=tuple(lines["gaps"]),
            unvoiced_speakers=tuple(lines["unvoiced_speakers"]),
            too_long=tuple(lines.get("too_long", ())),
            too_long_count=lines.get("too_long_count", 0),
        )
        if lines
        else None,
        shorter=ShortVideo(duration_ms=shorter[0], source_ms=shorter[1]) if shorter else None,
        cut_files=stored.get("cut", 0),
        flaw=stored.get("flaw", ""),
        checked=CheckedResult(**stored["checked"]) if "checked" in stored else None,
    )
