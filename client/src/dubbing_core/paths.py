"""Paths of files: those that a session can hold, and how they are shown.

A session keeps any relative path (:func:`check_saved_path`). Only names in ZIPs must be valid on Windows, macOS and
Linux (:func:`check_path`); `dubbing_core.name_mapping` maps the others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from dubbing_core.sentences import Number, Sentence, sentence

PATH_LIMIT = 1024
"""In bytes of UTF-8; the limit of S3 keys."""
COMPONENT_LIMIT = 255
"""In bytes of UTF-8; the limit that ext4, XFS, APFS and NTFS share."""
COMPONENT_UNITS_LIMIT = 255
"""In UTF-16 units; the limit of NTFS and HFS+, whose names can have 765 bytes of UTF-8."""
MESSAGE_PATH_LIMIT = 120
"""Characters of a path that an error message shows."""
LIST_LIMIT = 20
"""Paths that a message lists; their number is always exact."""

# learn.microsoft.com/windows/win32/fileio/naming-a-file; any extension after them is reserved too.
RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789¹²³"},
)
JUNK_NAMES = frozenset({".ds_store", "thumbs.db", "__macosx", "desktop.ini"})
"""Files and folders that operating systems create, case-folded."""
INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp"})
SPACE_CATEGORY = "Zs"
"""Spaces such as U+3000 in Japanese names, and U+202F in the names of screenshots by macOS."""
JOINERS = frozenset("\u200c\u200d")
DRIVE = re.compile(r"[A-Za-z]:")
LINE = re.compile(r"[^\n\r\t]+")


class PathError(ValueError):
    """The path is invalid. The message is shown to the user who chose it."""

    def __init__(self, code: str, path: str, problem: Sentence, advice: Sentence) -> None:
        shown = escape_for_message(path)
        super().__init__(
            sentence("“%(path)s” %(problem)s. %(advice)s", path=shown, problem=problem, advice=advice)
        )
        self.problem = sentence("“%(path)s” %(problem)s", path=shown, problem=problem)
        self.code = code
        self.path = path


def normalize_path(raw: str) -> str:
    r"""Return a path from a browser, a tool or Windows in its normal form.

    Backslashes become slashes, leading "./" is removed, Unicode is composed (NFC).

    :raises PathError: the result fails :func:`check_path`.
    """
    path = raw.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    path = unicodedata.normalize("NFC", path)
    check_path(path)
    return path


def check_saved_path(path: str) -> None:
    """Refuse a path that a session cannot represent.

    All others are saved as they are spelled.

    :raises PathError: with one of the codes `path_empty`, `path_encoding` (not Unicode text, such as bytes that are not
        UTF-8), `path_nul`, `path_absolute`, `path_empty_part`, `path_dot`, `path_parent`, `path_part_too_long`,
        `path_too_long`.
    """
    if not path:
        raise PathError("path_empty", path, sentence("is an empty name"), sentence("Give the file a name."))
    size = _measure_size(path)
    if "\0" in path:
        raise PathError(
            "path_nul", path, sentence("contains the character NUL"), sentence("Rename the file without it.")
        )
    if path.startswith("/"):
        raise PathError(
            "path_absolute", path, sentence("is absolute"), sentence("Use a path inside the project folder.")
        )
    for component in path.split("/"):
        _check_relative_component(path, component)
        if len(component) > COMPONENT_UNITS_LIMIT // 2 and not _fits_file_system(component):
            raise _part_too_long_error(path)
    if size > PATH_LIMIT:
        raise _too_long_error(path)


def parse_saved_path(raw: str) -> str:
    """Return a path as a session saves it: as spelled, without "./" at its start.

    :raises PathError: the result fails :func:`check_saved_path`.
    """
    path = raw
    while path.startswith("./"):
        path = path[2:]
    check_saved_path(path)
    return path


def find_unrepresentable(paths: Iterable[str]) -> list[PathError]:
    """Return an error for each path that a session cannot represent, in order."""
    return [error for path in paths if (error := _find_path_error(path)) is not None]


def _find_path_error(path: str) -> PathError | None:
    try:
        check_saved_path(path)
    except PathError as error:
        return error
    return None


def check_tree(paths: Iterable[str]) -> None:
    """Refuse saved paths of which one is twice in the list, or the folder of another.

    Names that only differ in case or composition are distinct.

    :raises PathError: `path_duplicate` or `path_file_as_folder`.
    """
    ordered = sorted(path.replace("/", "\0") for path in paths)
    for first, second in pairwise(ordered):
        if first == second:
            raise PathError(
                "path_duplicate",
                second.replace("\0", "/"),
                sentence("is listed twice"),
                sentence("List it once."),
            )
        if second.startswith(f"{first}\0"):
            raise _file_as_folder_error(second.replace("\0", "/"), first.replace("\0", "/"))


def check_path(path: str) -> None:
    """Refuse a path that could leave its folder, or that some system cannot store.

    Nothing is normalized.

    :raises PathError: with one of the codes `path_empty`, `path_encoding`, `path_control`, `path_backslash`,
        `path_drive`, `path_absolute`, `path_empty_part`, `path_dot`, `path_parent`, `path_colon`,
        `path_trailing`, `path_reserved`, `path_part_too_long`, `path_too_long`.
    """
    if not path:
        raise PathError("path_empty", path, sentence("is an empty name"), sentence("Give the file a name."))
    size = _measure_size(path)
    if not path.isprintable() and any(unicodedata.category(character) == "Cc" for character in path):
        raise PathError(
            "path_control",
            path,
            sentence("contains a control character"),
            sentence("Rename the file without it."),
        )
    if DRIVE.match(path):
        raise PathError(
            "path_drive", path, sentence("names a drive"), sentence("Use a path inside the project folder.")
        )
    if path.startswith(("/", "\\")):
        raise PathError(
            "path_absolute", path, sentence("is absolute"), sentence("Use a path inside the project folder.")
        )
    if "\\" in path:
        raise PathError(
            "path_backslash", path, sentence("contains a backslash"), sentence("Separate folders with “/”.")
        )
    for component in path.split("/"):
        _check_component(path, component)
    if size > PATH_LIMIT:
        raise _too_long_error(path)


def fold_path(path: str) -> str:
    """Fold a path: equal results mean that some file system treats paths as one."""
    if path.isascii():  # which all normal forms leave as it is
        return path.replace("\\", "/").lower()
    # Case is folded on decomposed text (Unicode 3.13, D145); a backslash separates folders on Windows.
    folded = unicodedata.normalize("NFD", path.replace("\\", "/")).casefold()
    return unicodedata.normalize("NFC", folded)


def check_collisions(paths: Iterable[str]) -> None:
    """Refuse paths that cannot exist side by side on every file system.

    :raises PathError: with the code `path_duplicate` if two paths are equal after folding, or `path_file_as_folder`
        if a file's path is also a folder of another.
    """
    # NUL for “/” sorts a folder's files directly after a file of the folder's name, so comparing neighbors is enough.
    ordered = sorted((fold_path(path).replace("/", "\0"), path) for path in paths)
    for (first, one), (second, other) in pairwise(ordered):
        if first == second:
            raise PathError(
                "path_duplicate",
                other,
                sentence("and “%(one)s” are the same name on some systems", one=escape_for_message(one)),
                sentence("Rename one of them."),
            )
        if second.startswith(f"{first}\0"):
            raise _file_as_folder_error(other, one)


def is_junk(path: str) -> bool:
    """Return whether an operating system created the file or folder, or one around it."""
    return not JUNK_NAMES.isdisjoint(path.casefold().split("/"))


def list_ancestors(path: str) -> list[str]:
    """Return all folders that contain a path, outermost first: `a/b/c` -> `a`, `a/b`."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def escape_for_message(text: str) -> str:
    """Return untrusted text in a form safe for a message: escaped and truncated."""
    return escape_unprintable(text if len(text) <= MESSAGE_PATH_LIMIT else f"{text[:MESSAGE_PATH_LIMIT]}…")


def escape_unprintable(text: str) -> str:
    """Replace control, bidirectional and other invisible characters: ⟦U+202E⟧.

    In a terminal or a page they would change how the text around them is shown. Spaces of all widths stay.
    """
    if text.isprintable():
        return text
    return "".join(
        character if _is_shown(before, character) else f"⟦U+{ord(character):04X}⟧"
        for before, character in pairwise(f" {text}")
    )


def escape_lines(text: str) -> str:
    """Replace such characters in a text, whose line breaks and tabs stay."""
    return LINE.sub(lambda line: escape_unprintable(line[0]), text)


def list_for_message(paths: Sequence[str], *, limit: int = LIST_LIMIT) -> str:
    """Return the first paths and the number of the others: “a”, “b” and 3 more."""
    shown = ", ".join(f"“{escape_for_message(path)}”" for path in paths[:limit])
    return (
        sentence("%(shown)s and %(count)s more", shown=shown, count=Number(len(paths) - limit))
        if len(paths) > limit
        else shown
    )


def has_invisible_characters(path: str) -> bool:
    """Return whether a path contains characters that make it look like another.

    Such are bidirectional overrides, zero-width spaces and line separators (Unicode categories Cf, Zl and Zp).
    """
    return not path.isprintable() and any(
        unicodedata.category(character) in INVISIBLE_CATEGORIES and not _is_joiner(before, character)
        for before, character in pairwise(f" {path}")
    )


def _is_shown(before: str, character: str) -> bool:
    return (
        character.isprintable()
        or unicodedata.category(character) == SPACE_CATEGORY
        or _is_joiner(before, character)
    )


def _is_joiner(before: str, character: str) -> bool:
    """Return whether a zero-width joiner is part of a word or of an emoji.

    Hindi, Persian and many emoji need them; after an ASCII character they have no effect but to be invisible.
    """
    return character in JOINERS and not before.isascii()


def is_reserved_name(component: str) -> bool:
    """Return whether the name is a device on Windows: `NUL`, `nul.txt`, `NUL .txt`."""
    return component.partition(".")[0].rstrip(" ").casefold() in RESERVED_NAMES


def _measure_size(path: str) -> int:
    try:
        return len(path.encode())
    except UnicodeEncodeError:
        raise PathError(
            "path_encoding", path, sentence("is not valid Unicode"), sentence("Rename the file.")
        ) from None


def _check_component(path: str, component: str) -> None:
    _check_relative_component(path, component)
    if ":" in component:
        raise PathError(
            "path_colon", path, sentence("contains a colon"), sentence("Rename the file without it.")
        )
    if component[-1] in ". ":
        raise PathError(
            "path_trailing",
            path,
            sentence("has a name that ends in a dot or a space"),
            sentence("Rename it."),
        )
    if is_reserved_name(component):
        raise PathError(
            "path_reserved",
            path,
            sentence("uses “%(component)s”, a name that Windows reserves", component=component),
            sentence("Rename it."),
        )
    if len(component.encode()) > COMPONENT_LIMIT:
        raise _part_too_long_error(path)


def _check_relative_component(path: str, component: str) -> None:
    """Refuse what would lead to another folder."""
    if not component:
        raise PathError(
            "path_empty_part", path, sentence("has a folder or file without a name"), sentence("Give it one.")
        )
    if component == ".":
        raise PathError("path_dot", path, sentence("contains the folder “.”"), sentence("Remove it."))
    if component == "..":
        raise PathError(
            "path_parent", path, sentence("contains “..”"), sentence("Use a path inside the project folder.")
        )


def _fits_file_system(component: str) -> bool:
    """Return whether some file system can hold the name."""
    return len(component.encode()) <= COMPONENT_LIMIT or count_utf16_units(component) <= COMPONENT_UNITS_LIMIT


def count_utf16_units(text: str) -> int:
    """Return the length of a text as Windows and HFS+ count it."""
    return len(text.encode("utf-16-le")) // 2


def _part_too_long_error(path: str) -> PathError:
    return PathError(
        "path_part_too_long",
        path,
        sentence("has a name longer than %(component_limit)s bytes", component_limit=COMPONENT_LIMIT),
        sentence("Shorten it."),
    )


def _too_long_error(path: str) -> PathError:
    return PathError(
        "path_too_long",
        path,
        sentence("is longer than %(path_limit)s bytes", path_limit=PATH_LIMIT),
        sentence("Shorten its folders."),
    )


def _file_as_folder_error(path: str, file: str) -> PathError:
    return PathError(
        "path_file_as_folder",
        path,
        sentence("needs the folder “%(file)s”, which is a file", file=escape_for_message(file)),
        sentence("Rename one of them."),
    )
