"""Labels of a folder's files: category, language, and which is the source video."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dubbing_core.categories import METADATA_NAME, Category
from dubbing_core.labels import Label, Role
from dubbing_core.layouts.recognizers import recognize

MESSAGE_LIMIT = 400
OTHER = Label(category=Category.OTHER)
NO_RESULTS = frozenset({Role.IGNORED, Role.PREVIEW, Role.REPORT})


@dataclass(frozen=True)
class FolderLabels:
    """Labels of a folder's files, and the files that mark finished stages."""

    labels: Mapping[str, Label]
    finish_markers: frozenset[str]


def label_folder(paths: Iterable[str]) -> FolderLabels:
    """Label the files of a folder."""
    recognition = recognize(paths)
    if recognition is None:
        return FolderLabels({}, frozenset())
    return FolderLabels(recognition.labels, frozenset(recognition.finish_markers))


def find_source(labels: Mapping[str, Label]) -> str | None:
    """Return the path of the source video, or None if there is none or not only one."""
    sources = [path for path, label in labels.items() if label.role is Role.SOURCE]
    return sources[0] if len(sources) == 1 else None


def is_stage_file(path: str, label: Label) -> bool:
    """Return whether a file belongs to a stage of the pipeline, unlike logs and notes."""
    return path == METADATA_NAME or (label.category is not Category.OTHER and label.role not in NO_RESULTS)


def stage_message(labels: Iterable[Label]) -> str:
    """Return the stages and languages of files: “Audio in hi, es”.

    It is empty if no file belongs to a stage.
    """
    languages: dict[Category, set[str]] = {}
    for label in labels:
        languages.setdefault(label.category, set()).add(label.language)
    parts: list[str] = []
    for category in Category:
        if category in languages and category is not Category.OTHER:
            name = category.label if not parts else category.label.lower()
            names = ", ".join(sorted(languages[category] - {""}))
            parts.append(f"{name} in {names}" if names else name)
    return ", ".join(parts)[:MESSAGE_LIMIT]
