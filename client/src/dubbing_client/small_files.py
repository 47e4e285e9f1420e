"""Reads of the small files by which tools are recognized."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dubbing_core.layouts.folder_index import SMALL_FILE_LIMIT, ReadSmallFile


def small_file_reader(places: Mapping[str, Path]) -> ReadSmallFile:
    """Return a function that reads a file by its path in the folder.

    :param places: each file's place on disk.
    """

    def read(path: str) -> bytes | None:
        try:
            with places[path].open("rb") as file:
                data = file.read(SMALL_FILE_LIMIT + 1)
        except OSError:
            return None  # its name alone is used; a save reports the error
        return data if len(data) <= SMALL_FILE_LIMIT else None

    return read
