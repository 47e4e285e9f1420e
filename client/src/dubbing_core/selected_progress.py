"""Progress of a selected part of a version."""

from __future__ import annotations

from dataclasses import replace

from dubbing_core.progress_matrix import MISSING, STEPS, ProgressMatrix
from dubbing_core.selection import Selection
from dubbing_core.steps import Step

CATEGORIES = {step: category for category, step in STEPS.items()}


def select_progress(matrix: ProgressMatrix, selection: Selection) -> ProgressMatrix:
    """Return the matrix without what the selection leaves out."""
    if not selection.is_partial:
        return matrix
    known = dict.fromkeys((*matrix.languages, *(language for language, _ in matrix.cells)))
    places = {
        (language, step)
        for language in known
        for step in matrix.steps
        if step is not Step.TRANSCRIBED and selection.includes(CATEGORIES[step], language)
    }
    has_transcript = selection.includes(CATEGORIES[Step.TRANSCRIBED], "")
    languages = {language for language, _ in places}
    steps = {step for _, step in places} | ({Step.TRANSCRIBED} if has_transcript else set())
    return replace(
        matrix,
        languages=tuple(language for language in matrix.languages if language in languages),
        cells={place: cell for place, cell in matrix.cells.items() if place in places},
        transcribed=matrix.transcribed if has_transcript else MISSING,
        steps=tuple(step for step in matrix.steps if step in steps),
        selected=frozenset(places),
    )
