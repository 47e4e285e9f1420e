"""Rules of a file system for names, found out with files on it.

A disk from another system has that system's rules wherever it is mounted, and macOS and Linux have file systems with and
without regard to case. Such a disk would write `hi.wav` over `HI.wav`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dubbing_core.name_mapping import WINDOWS, NameRules, fold_composition, fold_for_windows
from dubbing_core.paths import fold_path

CHARACTERS = 'a<b>c:d"e|f?g*h\\i\x01.txt'
WINDOWS_NAMES = ("dot.", "space ", "aux.txt")
CASES = ("Case.txt", "cASE.txt")
COMPOSITIONS = ("\u00e9.txt", "e\u0301.txt")

CreateFiles = Callable[[Sequence[str]], Sequence[str]]
"""Create empty files with these names, and return the names that exist then."""


def find_rules(create_files: CreateFiles, system: NameRules) -> NameRules:
    """Return the rules of a file system.

    :param system: the rules that it has unless it refuses or changes names.
    """
    rules = system
    if list(create_files([CHARACTERS])) != [CHARACTERS]:
        rules = replace(rules, forbidden=WINDOWS.forbidden)
    if set(create_files(WINDOWS_NAMES)) != set(WINDOWS_NAMES):
        rules = replace(rules, forbidden=WINDOWS.forbidden, has_windows_names=True)
    ignores_case, ignores_composition = (len(create_files(names)) == 1 for names in (CASES, COMPOSITIONS))
    if ignores_case:
        return replace(rules, fold=fold_path if ignores_composition else fold_for_windows)
    return replace(rules, fold=fold_composition if ignores_composition else str)
