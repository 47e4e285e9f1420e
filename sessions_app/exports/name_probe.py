"""Probe of the names that a folder can hold."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from dubbing_core.file_system_rules import find_rules
from dubbing_core.name_mapping import LINUX, SYSTEMS, NameRules

PREFIX = ".names-"


def probe_rules(folder: Path) -> NameRules:
    """Return the names that an existing folder can hold.

    Where it is not writable, or does not allow a folder of its own, those of the system.
    """
    system = SYSTEMS.get(sys.platform, LINUX)
    try:
        with TemporaryDirectory(prefix=PREFIX, dir=folder) as place:
            return find_rules(partial(_create_files, Path(place)), system)
    except OSError:
        return system


def _create_files(folder: Path, names: Sequence[str]) -> list[str]:
    for name in names:
        with contextlib.suppress(OSError):
            (folder / name).touch()
    found = [place.name for place in folder.iterdir()]
    for name in found:
        (folder / name).unlink()
    return found
