"""Sentence about the files that a save did not include."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from dubbing_core.exclusions import Exclusion, ExclusionReason, FolderSize, describe_exclusions

COUNT_LIMIT = 1000
"""Files of a folder that are counted: a `.git` may have 100,000."""
MEASURED_FOLDERS = 20


def report_exclusions(exclusions: Iterable[Exclusion], folder: Path) -> str:
    """Return what is left out of a folder and how to include hidden folders, or ""."""
    exclusions = list(exclusions)
    has_hidden = any(each.reason is ExclusionReason.HIDDEN_FOLDER for each in exclusions)
    hint = " Use --hidden to save hidden folders, too." if has_hidden else ""
    return describe_folders(exclusions, folder) + hint


def describe_folders(exclusions: Sequence[Exclusion], folder: Path) -> str:
    """Return what is left out of a folder, with the sizes of folders in it."""
    folders = (each for each in exclusions if each.path.endswith("/"))
    sizes = {each: measure_folder(folder / each.path) for each in islice(folders, MEASURED_FOLDERS)}
    return describe_exclusions(exclusions, sizes)


def measure_folder(place: Path) -> FolderSize:
    """Count the files below a folder, up to a limit; links are files."""
    pending = [str(place)]
    files = size = folders = 0
    while pending:
        folders += 1
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                    continue
                if files == COUNT_LIMIT or folders > COUNT_LIMIT:
                    return FolderSize(files, None, is_complete=False)
                files += 1
                size += entry.stat(follow_symlinks=False).st_size
    return FolderSize(files, size)
