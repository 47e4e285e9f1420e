"""Progress of a session by language, for user interfaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dubbing_client.objects import ProgressByLanguage, ProgressCell
from dubbing_core.progress_matrix import CellState, ProgressMatrix
from dubbing_core.stale_warnings import describe_stale
from dubbing_core.steps import Step

STEPS = {
    Step.TRANSLATED: "Translation",
    Step.VOICED: "Audio",
    Step.DUBBED: "Dubbed video",
    Step.MIXED: "Mixed video",
}
"""Columns of the table, with their titles."""


@dataclass(frozen=True, kw_only=True)
class StepProgress:
    """State of one step in one language."""

    state: str
    """A `CellState`, or another one of a newer portal."""
    note: str = ""
    """Counts of a partial result, or why a stale one must be made again."""
    is_stale: bool = False


MISSING = StepProgress(state=CellState.MISSING.value)


@dataclass(frozen=True, kw_only=True)
class SessionProgress:
    """Progress of all target languages."""

    languages: Mapping[str, Mapping[Step, StepProgress]]
    """Steps that have files, by language."""
    finished: tuple[str, ...]
    stale: tuple[str, ...] = ()
    """A line for each stale result, such as ``hi audio: translation changed in v5, this is from v3``."""

    def get_cell(self, language: str, step: Step) -> StepProgress:
        return self.languages[language].get(step, MISSING)


NO_PROGRESS = SessionProgress(languages={}, finished=())


def read_progress(progress: ProgressByLanguage | None) -> SessionProgress:
    """Return the progress that a portal reports.

    :param progress: None from portals that do not know it, and of old versions.
    """
    if not progress:
        return NO_PROGRESS
    known = set(Step)
    languages: dict[str, dict[Step, StepProgress]] = {tag: {} for tag in progress["languages"]}
    for cell in progress["cells"]:
        if cell["language"] in languages and cell["step"] in known:
            languages[cell["language"]][Step(cell["step"])] = _read_cell(cell)
    return SessionProgress(
        languages=languages,
        finished=tuple(progress["finished"]),
        stale=tuple(
            describe_stale(cell["language"], cell["step"], cell["stale"]["reason"])
            for cell in progress["cells"]
            if cell["stale"]
        ),
    )


def _read_cell(cell: ProgressCell) -> StepProgress:
    if cell["stale"]:
        return StepProgress(state=cell["state"], note=cell["stale"]["reason"], is_stale=True)
    lines = cell.get("lines")  # of portals that count them
    has_counts = lines and lines["total"] and cell["state"] != CellState.DONE
    return StepProgress(
        state=cell["state"],
        note=f"{lines['voiced']} of {lines['total']} lines voiced" if lines and has_counts else "",
    )


def describe_matrix(matrix: ProgressMatrix) -> SessionProgress:
    """Return the progress of a folder.

    It has no versions, so that nothing of it is known to be stale.
    """
    return SessionProgress(
        languages={
            language: {
                step: StepProgress(state=cell.state.value)
                for step in STEPS
                if (cell := matrix.cell(language, step)).state is not CellState.MISSING
            }
            for language in matrix.languages
        },
        finished=tuple(matrix.finished_languages),
    )
