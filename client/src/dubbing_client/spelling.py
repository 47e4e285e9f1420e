"""Spelling of names on disk: macOS decomposes accented letters, others do not."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection
from pathlib import Path

from dubbing_client.state import State


class DiskSpelling:
    """Places of paths in a folder, in the spelling that exists there already.

    Reads each folder with other names than ASCII once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[Path, dict[str, str]] = {}
        """Folder -> composed name -> name on disk."""

    def place(self, place: Path) -> Path:
        """Return the existing file that differs only in its spelling, or the place."""
        parts = place.relative_to(self._folder).parts
        if all(map(str.isascii, parts)):
            return place
        found = self._folder
        for part in parts:
            found /= part if part.isascii() else self._find(found, part)
        return found

    def _find(self, folder: Path, name: str) -> str:
        if folder not in self._names:
            try:
                names = os.listdir(folder)  # noqa: PTH208 (only names are needed)
            except OSError:
                names = []
            self._names[folder] = {unicodedata.normalize("NFC", other): other for other in names}
        if os.path.lexists(folder / name):
            return name
        return self._names[folder].get(unicodedata.normalize("NFC", name), name)


def adopt_spelling(state: State, paths: Collection[str]) -> None:
    """Change a state of a client that composed all names to the spelling on disk.

    In the portal these files keep their names.

    :param paths: of the folder's files.
    """
    for path in paths:
        composed = unicodedata.normalize("NFC", path)
        if composed == path or composed in paths or path in state.synced or composed not in state.synced:
            continue
        state.synced[path] = state.synced.pop(composed)
        if state.executables is not None and composed in state.executables:
            state.executables.append(path)
        state.aliases[path] = state.aliases.pop(composed, composed)
