"""Message of a version that corrects another one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dubbing_core.project_edits import Target

NAMES_SHOWN = 5
NAME_LIMIT = 120


def describe_correction(
    paths: Collection[str],
    targets: Mapping[str, Target],
    voices: Mapping[str, str],
    *,
    source_language: str | None = None,
) -> str:
    """Return one sentence for each kind of correction."""
    parts = []
    if len(paths) == 1:
        name = next(iter(paths)).rpartition("/")[2]
        parts.append(f"Corrected the label of {name[:NAME_LIMIT]}")
    elif paths:
        parts.append(f"Corrected the labels of {len(paths)} files")
    for target, verb in TARGET_VERBS.items():
        if tags := [tag for tag, each in targets.items() if each is target]:
            parts.append(f"{verb} {_join(tags)}")
    if voices:
        parts.append(f"Edited the voice of {_join(voices)}")
    if source_language is not None:
        parts.append(
            f"Set the spoken language to {source_language}"
            if source_language
            else "Reset the spoken language"
        )
    return ". ".join(parts)


TARGET_VERBS = {
    Target.ADDED: "Added the target language",
    Target.EXCLUDED: "Excluded the target language",
    Target.AUTOMATIC: "Reset the target language",
}


def _join(names: Collection[str]) -> str:
    shown = ", ".join(name[:NAME_LIMIT] for name in list(names)[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else f"{shown} and {len(names) - NAMES_SHOWN} more"
