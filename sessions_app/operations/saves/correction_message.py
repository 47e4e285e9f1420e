"""Message of a version that corrects another one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from dubbing_core.project_edits import Target
from dubbing_core.selected_cells import SelectedCell, describe_cells
from dubbing_core.sentences import join, sentence, template

NO_CHECKS: Mapping[str, bool] = MappingProxyType({})
NAMES_SHOWN = 5
NAME_LIMIT = 120


def describe_correction(
    paths: Collection[str],
    targets: Mapping[str, Target],
    voices: Mapping[str, str],
    *,
    source_language: str | None = None,
    checks: Mapping[str, bool] = NO_CHECKS,
) -> str:
    """Return one sentence for each kind of correction."""
    parts = []
    if len(paths) == 1:
        name = next(iter(paths)).rpartition("/")[2]
        parts.append(sentence("Corrected the label of %(name)s", name=name[:NAME_LIMIT]))
    elif paths:
        parts.append(sentence("Corrected the labels of %(count)s files", count=len(paths)))
    for target, text in TARGET_TEXTS.items():
        if tags := [tag for tag, each in targets.items() if each is target]:
            parts.append(sentence(text, languages=_join(tags)))
    if voices:
        parts.append(sentence("Edited the voice of %(names)s", names=_join(voices)))
    if source_language is not None:
        parts.append(
            sentence("Set the spoken language to %(language)s", language=source_language)
            if source_language
            else sentence("Reset the spoken language")
        )
    for is_checked, text in CHECK_TEXTS.items():
        if cells := [SelectedCell.parse(cell) for cell, each in checks.items() if each is is_checked]:
            parts.append(sentence(text, cells=_join(describe_cells(cells))))
    return join(parts, ". ") if parts else ""


TARGET_TEXTS = {
    Target.ADDED: template("Added the target language %(languages)s"),
    Target.EXCLUDED: template("Excluded the target language %(languages)s"),
    Target.AUTOMATIC: template("Reset the target language %(languages)s"),
}
CHECK_TEXTS = {
    True: template("Marked %(cells)s as checked"),
    False: template("Withdrew the check of %(cells)s"),
}


def _join(names: Collection[str]) -> str:
    shown = ", ".join(name[:NAME_LIMIT] for name in list(names)[:NAMES_SHOWN])
    if len(names) <= NAMES_SHOWN:
        return shown
    return sentence("%(shown)s and %(count)s more", shown=shown, count=len(names) - NAMES_SHOWN)
