"""Stale results of a version, for warnings at exports and loads."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing_core.categories import Category
from dubbing_core.progress_matrix import STEPS, ProgressMatrix
from dubbing_core.selection import WHOLE_VERSION, Selection
from dubbing_core.sentences import sentence
from dubbing_core.stale_results import Staleness
from dubbing_core.steps import Step

CATEGORIES = {step: category for category, step in STEPS.items()}
NOUNS = {
    Step.TRANSCRIBED: sentence("transcript"),
    Step.TRANSLATED: sentence("translation"),
    Step.VOICED: sentence("audio"),
    Step.DUBBED: sentence("dubbed video"),
    Step.MIXED: sentence("mixed video"),
}


@dataclass(frozen=True, kw_only=True)
class StaleResult:
    """Files of a step in a language that must be made again."""

    language: str
    """Empty for the transcript, and for files in an unknown language."""
    step: Step
    stale: Staleness

    @property
    def noun(self) -> str:
        return NOUNS[self.step]

    @property
    def category(self) -> Category:
        return CATEGORIES[self.step]

    def __str__(self) -> str:
        """Return for example ``hi audio: translation changed in v5, this is from v3``."""
        return describe_stale(self.language, self.step, self.stale.reason)


def describe_stale(language: str, step: str, reason: str) -> str:
    """Return a stale result in a line.

    :param step: as the portal names it.
    """
    noun = NOUNS[Step(step)] if step in set(Step) else step
    return f"{language} {noun}: {reason}" if language else f"{noun}: {reason}"


def list_stale(matrix: ProgressMatrix | None, selection: Selection = WHOLE_VERSION) -> list[StaleResult]:
    """Return the stale results in a part of a version.

    :param matrix: None for a version that was saved before progress was stored: nothing is known then.
    """
    if matrix is None:
        return []
    return [
        StaleResult(language=language, step=step, stale=stale)
        for language, step in matrix.places
        if (stale := matrix.cell(language, step).stale) and selection.includes(CATEGORIES[step], language)
    ]
