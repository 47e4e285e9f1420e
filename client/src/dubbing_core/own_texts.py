"""Own texts of a language in files that several languages share.

What the others have in `translated.json` is neither input nor result of this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from dubbing_core.input_history import InputHistory, SameText
from dubbing_core.manifest import ManifestEntry
from dubbing_core.progress_matrix import Cell, ProgressMatrix
from dubbing_core.steps import Step

Value = TypeVar("Value")
OwnTexts = Mapping[tuple[str, Step], Mapping[str, "SameText | None"]]
"""Lines of each cell in files with several texts, by path; None if a file has none in that language."""
NO_OWN_TEXTS: OwnTexts = MappingProxyType({})


def find_own_texts(matrix: ProgressMatrix, files: Iterable[ManifestEntry], history: InputHistory) -> OwnTexts:
    """Return the lines of each cell in files with several texts.

    The other texts of such a file are neither input nor result of a language. The whole file counts until its texts were read,
    and where its label claims a language that the file does not state.
    """
    if not history.same_texts:
        return NO_OWN_TEXTS
    shared = {
        file.path: (same, file.language)
        for file in files
        if (same := history.same_texts.get(file.sha256)) and same.own
    }
    found: dict[tuple[str, Step], dict[str, SameText | None]] = {}
    for language, step in matrix.places if shared else ():
        if step not in {Step.TRANSCRIBED, Step.TRANSLATED}:
            continue
        for path in matrix.cell(language, step).paths:
            if path not in shared:
                continue
            same, label = shared[path]
            text = same.find_transcript() if step is Step.TRANSCRIBED else same.find_translation(language)
            if text or (language and not label):
                found.setdefault((language, step), {})[path] = text
    return found


def get_cell_contents(
    contents: Mapping[str, str], cell: Cell, own: Mapping[str, SameText | None] | None
) -> Mapping[str, str]:
    """Return the digest of each file of a cell, by path.

    :param contents: of all files.
    :param own: lines of the cell in files with several texts.
    """
    return _replace_values(contents, cell, {path: text.sha256 for path, text in (own or {}).items() if text})


def get_cell_since(
    since: Mapping[str, int], cell: Cell, own: Mapping[str, SameText | None] | None
) -> Mapping[str, int]:
    """Return the version in which each file of a cell first had its lines, by path."""
    found = {path: min(text.since, since[path]) for path, text in (own or {}).items() if text}
    return _replace_values(since, cell, found)


def _replace_values(values: Mapping[str, Value], cell: Cell, own: Mapping[str, Value]) -> Mapping[str, Value]:
    return {path: own.get(path, values[path]) for path in cell.paths} if own else values
