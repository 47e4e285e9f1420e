"""Cells of the progress whose only files have several languages.

Such as a `translated.json` with all translations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dubbing_core.languages import fold_language_tag
from dubbing_core.restored_part import RestoredPart
from dubbing_core.selected_cells import SelectedCell, find_shared_cells
from dubbing_core.stale_warnings import CATEGORIES
from sessions_app.models import Version
from sessions_app.queries.timelines import get_version_texts
from sessions_app.queries.versions import get_entries, get_file_groups


@dataclass(frozen=True, kw_only=True)
class SharedFile:
    """A file that is restored as a whole, although fewer of its languages were chosen."""

    path: str
    languages: tuple[str, ...]
    """All that it has, or for which it counts."""


def list_present_cells(version: Version) -> set[SelectedCell]:
    """Return the labels of files; "" is the language of those without one."""
    return {
        SelectedCell(fold_language_tag(group.language), group.category) for group in get_file_groups(version)
    }


def list_shared_cells(version: Version) -> set[SelectedCell]:
    """Return the cells whose files count for several languages."""
    return find_shared_cells(present=list_present_cells(version), counted=_list_counted(version))


def include_shared(version: Version, cells: Iterable[SelectedCell]) -> list[SelectedCell]:
    """Return cells, with those of the files that they share with others."""
    cells, shared = list(cells), list_shared_cells(version)
    return [*cells, *sorted({SelectedCell("", cell.category) for cell in cells if cell in shared})]


def list_shared_files(version: Version, part: RestoredPart) -> list[SharedFile]:
    """Return the files of a part that contain other languages than the chosen ones."""
    if not part.shared:
        return []
    rows = get_entries(version).files().filter(category__in=part.shared, language="")
    read: dict[str, set[str]] = {}
    for track in get_version_texts(version).tracks:
        if track.language:
            read.setdefault(track.path, set()).add(track.language)
    counted = _list_counted(version)
    return [
        SharedFile(
            path=path,
            languages=tuple(
                sorted(read.get(path, ()) or (cell.language for cell in counted if cell.category == category))
            ),
        )
        for path, category in rows.order_by("path").values_list("path", "category")
    ]


def _list_counted(version: Version) -> set[SelectedCell]:
    """Return the cells for which files count."""
    matrix = version.progress_matrix
    return {
        SelectedCell(fold_language_tag(language), CATEGORIES[step])
        for language, step in (matrix.places if matrix else ())
        if matrix and matrix.cell(language, step).files
    }
