"""Paths inside a session: slash-separated, relative, legal on Windows, macOS and Linux alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

PATH_LIMIT = 1024
"""In bytes of UTF-8; S3 takes keys up to this length."""
COMPONENT_LIMIT = 255
"""In bytes of UTF-8; what ext4, XFS, APFS and NTFS all take."""
MESSAGE_PATH_LIMIT = 120
"""Characters of a path that an error message repeats."""

# learn.microsoft.com/windows/win32/fileio/naming-a-file; any extension after them is reserved too.
RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789¹²³"},
)
DRIVE = re.compile(r"[A-Za-z]:")


class PathError(ValueError):
    """A path that no session may hold. Its message is a sentence for the person who chose it."""

    def __init__(self, code: str, path: str, problem: str) -> None:
        super().__init__(f"“{escape_for_message(path)}” {problem}")
        self.code = code
        self.path = path


def normalize_path(raw: str) -> str:
    r"""Bring a path from a browser, a tool or Windows into its one form.

    Backslashes become slashes, a leading "./" goes, Unicode is composed (NFC).

    :raises PathError: if what remains fails :func:`check_name`.
    """
    path = raw.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    path = unicodedata.normalize("NFC", path)
    check_path(path)
    return path


def check_path(path: str) -> None:
    """Refuse a path that could leave its folder, or that some system could not store. Nothing is normalised.

    :raises PathError: with one of the codes `path_empty`, `path_encoding`, `path_control`, `path_backslash`,
        `path_drive`, `path_absolute`, `path_empty_part`, `path_dot`, `path_parent`, `path_colon`,
        `path_trailing`, `path_reserved`, `path_part_too_long`, `path_too_long`.
    """
    if not path:
        raise PathError("path_empty", path, "is an empty name. Give the file a name.")
    size = _size(path)
    if any(unicodedata.category(character) == "Cc" for character in path):
        raise PathError("path_control", path, "contains a control character. Rename the file without it.")
    if DRIVE.match(path):
        raise PathError("path_drive", path, "names a drive. Use a path inside the project folder.")
    if path.startswith(("/", "\\")):
        raise PathError("path_absolute", path, "is absolute. Use a path inside the project folder.")
    if "\\" in path:
        raise PathError("path_backslash", path, "contains a backslash. Separate folders with “/”.")
    for part in path.split("/"):
        _check_part(path, part)
    if size > PATH_LIMIT:
        raise PathError("path_too_long", path, f"is longer than {PATH_LIMIT} bytes. Shorten its folders.")


def fold_path(path: str) -> str:
    """The form in which two paths are equal if any file system might take one for the other."""
    # Case is folded on decomposed text (Unicode 3.13, D145); a backslash separates folders on Windows.
    folded = unicodedata.normalize("NFD", path.replace("\\", "/")).casefold()
    return unicodedata.normalize("NFC", folded)


def check_collisions(paths: Iterable[str]) -> None:
    """Refuse paths that cannot lie side by side on every file system.

    :raises PathError: with code `path_duplicate` when two are equal after folding, or `path_file_as_folder` when
        a file's path is also a folder of another.
    """
    # With the slash before every other character, what lies in a folder follows a file of its name: neighbours tell all,
    # however deep the paths are.
    ordered = sorted((fold_path(path).replace("/", "\0"), path) for path in paths)
    for (first, one), (second, other) in pairwise(ordered):
        if first == second:
            raise PathError(
                "path_duplicate",
                other,
                f"and “{escape_for_message(one)}” are one name on some systems. Rename one of them.",
            )
        if second.startswith(f"{first}\0"):
            raise PathError(
                "path_file_as_folder",
                other,
                f"lies in “{escape_for_message(one)}”, which is a file. Rename one of them.",
            )


def list_ancestors(path: str) -> list[str]:
    """Every folder a path lies in, outermost first: `a/b/c` -> `a`, `a/b`."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def escape_for_message(text: str) -> str:
    """Text from outside, safe to repeat in a message: control characters shown as escapes, and clipped."""
    return escape_control_characters(
        text if len(text) <= MESSAGE_PATH_LIMIT else f"{text[:MESSAGE_PATH_LIMIT]}…"
    )


def escape_control_characters(text: str) -> str:
    """Text from outside, safe to write to a terminal: control characters, and bytes that are no text, shown as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def is_reserved_name(part: str) -> bool:
    """Whether Windows takes a name for a device, as it does `NUL`, `nul.txt` and `NUL .txt`."""
    return part.partition(".")[0].rstrip(" ").casefold() in RESERVED_NAMES


def _size(path: str) -> int:
    try:
        return len(path.encode())
    except UnicodeEncodeError:
        raise PathError("path_encoding", path, "is not valid Unicode. Rename the file.") from None


def _check_part(path: str, part: str) -> None:
    if not part:
        raise PathError("path_empty_part", path, "has a folder or file without a name. Give it one.")
    if part == ".":
        raise PathError("path_dot", path, "contains the folder “.”. Leave it out.")
    if part == "..":
        raise PathError("path_parent", path, "contains “..”. Use a path inside the project folder.")
    if ":" in part:
        raise PathError("path_colon", path, "contains a colon. Rename the file without it.")
    if part[-1] in ". ":
        raise PathError("path_trailing", path, "has a name that ends in a dot or a space. Rename it.")
    if is_reserved_name(part):
        raise PathError("path_reserved", path, f"uses “{part}”, a name that Windows reserves. Rename it.")
    if len(part.encode()) > COMPONENT_LIMIT:
        raise PathError(
            "path_part_too_long", path, f"has a name longer than {COMPONENT_LIMIT} bytes. Shorten it."
        )
