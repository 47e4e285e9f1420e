"""Part of a version that a command loads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from dubbing_client.api import Api
from dubbing_client.errors import UsageError
from dubbing_client.objects import Manifest, Version
from dubbing_core.categories import Category
from dubbing_core.languages import fold_language_tag
from dubbing_core.selected_cells import SelectedCell, describe_cells, find_shared_cells
from dubbing_core.selection import Selection
from dubbing_core.stale_warnings import CATEGORIES
from dubbing_core.steps import Step


def read_selection(api: Api, session: str, manifest: Manifest, only: Sequence[str]) -> Selection:
    """Return the part of a version that names stand for.

    :raises UsageError: the version has no such part.
    """
    selection = Selection.from_names(only)
    languages = {entry["language"] for entry in manifest["entries"]} - {""}
    unknown = sorted(set(selection.languages) - languages)
    if unknown:
        raise UsageError(
            f"“{unknown[0]}” is neither a category nor a language of this version. Categories: {', '.join(Category)}; "
            f"languages: {', '.join(sorted(languages)) or 'none'}."
        )
    present = {
        SelectedCell(fold_language_tag(entry["language"]), Category(entry["category"]))
        for entry in manifest["entries"]
    }
    missing = [
        cell
        for cell in selection.cells
        if not any(cell.includes(each.category, each.language) for each in present)
    ]
    if not missing:
        return selection
    # A file without a language may have several; only the portal knows which.
    counted = _list_counted(api.version(session, manifest["version"]))
    return _include_shared(selection, missing, find_shared_cells(present=present, counted=counted))


def _include_shared(
    selection: Selection, missing: Sequence[SelectedCell], shared: Collection[SelectedCell]
) -> Selection:
    for cell in missing:
        if cell not in shared:
            raise UsageError(f"This version has no {describe_cells([cell])[0]}.")
    files = {SelectedCell("", cell.category) for cell in missing}
    return replace(selection, cells=tuple(sorted({*selection.cells, *files})))


def _list_counted(version: Version) -> set[SelectedCell]:
    """Return the cells for which files count."""
    progress = version.get("progress_by_language")  # of portals that compute it
    return {
        SelectedCell(fold_language_tag(cell["language"]), CATEGORIES[Step(cell["step"])])
        for cell in (progress["cells"] if progress else ())
        if cell.get("files") and cell["step"] in set(Step)
    }
