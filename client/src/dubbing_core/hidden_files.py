"""Hidden files and folders, which programs obey and do not show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.layouts.recognizers import recognize

PLACEHOLDERS = frozenset({".gitkeep", ".keep"})
"""Empty files that keep a folder in a repository."""
SYSTEM_FILES = frozenset({"autorun.inf", "desktop.ini"})
"""Files that Windows obeys when it opens a folder, case-folded."""
MEDIA = frozenset({FileKind.AUDIO, FileKind.SUBTITLE, FileKind.VIDEO})
SHORT_NAME = re.compile(r"[^.~]{1,6}~[0-9]+")
"""Windows' second name of a hidden file or folder: `GIT~1` is `.git`."""


def find_hidden(paths: Collection[str]) -> list[str]:
    """Return the hidden files of a folder that another program may use.

    Such are `.git/config`, `.ssh/authorized_keys`, `.bashrc`. Hidden media are not, nor are the files in which the
    recognized tools record their progress: `.subtitle_done`, `.checkpoint.json`.

    :param paths: all files of the folder, by which its tools are recognized.
    """
    hidden = [path for path in paths if _is_hidden(path)]
    recognition = recognize(paths) if hidden else None
    if recognition is None:
        return hidden
    markers = {path for path in recognition.markers if not any(map(_is_hidden_name, path.split("/")[:-1]))}
    return [path for path in hidden if path not in markers]


def _is_hidden(path: str) -> bool:
    *folders, name = path.split("/")
    return any(map(_is_hidden_name, folders)) or (_is_hidden_name(name) and not _is_harmless(name))


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
    return is_media or name in PLACEHOLDERS
