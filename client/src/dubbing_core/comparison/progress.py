"""Languages and steps whose state differs between two versions."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing_core.progress_matrix import Cell, ProgressMatrix
from dubbing_core.steps import Step


@dataclass(frozen=True, kw_only=True)
class CellDifference:
    """A step of a language that is in another state."""

    language: str
    """Empty for the transcription, and for files in an unknown language."""
    step: Step
    before: Cell
    after: Cell


@dataclass(frozen=True, kw_only=True)
class ProgressDifference:
    """What differs in the progress of two versions."""

    added_languages: tuple[str, ...] = ()
    removed_languages: tuple[str, ...] = ()
    cells: tuple[CellDifference, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added_languages or self.removed_languages or self.cells)


def compare_progress(before: ProgressMatrix, after: ProgressMatrix) -> ProgressDifference:
    """Return the cells in another state, or stale in one version only."""
    old, new = before.languages, after.languages
    places = sorted({*before.places, *after.places}, key=lambda place: _get_order(place, (*new, *old)))
    cells = (
        CellDifference(
            language=language, step=step, before=before.cell(language, step), after=after.cell(language, step)
        )
        for language, step in places
    )
    return ProgressDifference(
        added_languages=tuple(language for language in new if language not in old),
        removed_languages=tuple(language for language in old if language not in new),
        cells=tuple(cell for cell in cells if _get_state(cell.before) != _get_state(cell.after)),
    )


def _get_order(place: tuple[str, Step], languages: tuple[str, ...]) -> tuple[bool, int, int]:
    language, step = place
    index = languages.index(language) if language in languages else len(languages)
    return step is not Step.TRANSCRIBED, index, list(Step).index(step)


def _get_state(cell: Cell) -> tuple[str, bool]:
    return cell.state.value, cell.stale is not None
