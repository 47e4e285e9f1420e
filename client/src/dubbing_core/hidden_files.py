"""Hidden files and folders, which programs obey and do not show."""

from __future__ import annotations

import re
import unicodedata

from dubbing_core.file_kinds import FileKind, guess_kind

MARKER = re.compile(
    r"\.(?:[\w-]+[._-])?(?:done|complete|completed|finished|processed|success|failed|checkpoint|progress|state|keep|gitkeep)"
    r"(?:\.(?:json|jsonl|txt))?",
    re.IGNORECASE,
)
"""Names of files with which dubbing tools mark finished steps: `.subtitle_done`, `.checkpoint.json`."""
FINISH_MARKER = re.compile(
    r"[._](?:[\w-]+[._-])?(?:done|complete|completed|finished|success)(?:\.(?:json|txt))?", re.IGNORECASE
)
"""Names of files that tools write when a stage has finished."""
SYSTEM_FILES = frozenset({"autorun.inf", "desktop.ini"})
"""Files that Windows obeys when it opens a folder, case-folded."""
MEDIA = frozenset({FileKind.AUDIO, FileKind.SUBTITLE, FileKind.VIDEO})
SHORT_NAME = re.compile(r"[^.~]{1,6}~[0-9]+")
"""Windows' second name of a hidden file or folder: `GIT~1` is `.git`."""


def is_hidden(path: str) -> bool:
    """Return whether a path is hidden, and may be one that another program uses.

    Such are `.git/config`, `.ssh/authorized_keys`, `.bashrc`. Markers of dubbing tools and hidden media are not.
    """
    *folders, name = path.split("/")
    return any(map(_is_hidden_name, folders)) or (_is_hidden_name(name) and not _is_harmless(name))


def is_finish_marker(path: str) -> bool:
    """Return whether a file marks a finished stage: `.subtitle_done`, `_SUCCESS`."""
    return FINISH_MARKER.fullmatch(path.rpartition("/")[2]) is not None


def _is_hidden_name(name: str) -> bool:
    # HFS+ ignores characters of the category Cf: with one in front, `.git` is still `.git`.
    visible = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return (
        visible.startswith(".")
        or visible.casefold() in SYSTEM_FILES
        or SHORT_NAME.fullmatch(visible) is not None
    )


def _is_harmless(name: str) -> bool:
    # Hidden files in TypeScript configure programs that execute them.
    is_media = guess_kind(f"x{name}") in MEDIA and not name.casefold().endswith(".ts")
    return is_media or MARKER.fullmatch(name) is not None
