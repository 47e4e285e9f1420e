"""Names of sessions: generated, validated, made unique, and derived from archives."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Container, Iterator
from datetime import datetime
from itertools import count, pairwise
from pathlib import PurePosixPath

from dubbing_core.paths import escape_unprintable, has_invisible_characters, is_reserved_name
from dubbing_core.sentences import sentence

LENGTH_LIMIT = 120
"""In characters."""
SIZE_LIMIT = 240
"""In bytes of UTF-8, so that `<name>_export.zip` fits into the 255 bytes of a file name."""
FALLBACK_NAME = "dubbing_project"
EXPORT_SUFFIX = "_export"
FORBIDDEN_CHARACTERS = frozenset('/\\:*?"<>|')
"""Characters that a folder or file cannot have in its name on some system."""
# Browsers number a download whose name is taken: `talk_export (1).zip`.
EXPORT_ENDING = re.compile(rf"{EXPORT_SUFFIX}( ?\(\d+\))?$")
FILENAME_LIMIT = 255
"""In bytes; the limit that ext4, XFS, APFS and NTFS share."""


class SessionNameError(ValueError):
    """The name is invalid. The message is shown to the user who typed it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def generate_session_name(video_filename: str | None, now: datetime) -> str:
    r"""Generate a name as the original session manager does: `talk_20250803_181102`.

    Letters and digits of every script are preserved; a long name is truncated to a valid one.

    :param video_filename: a name or path of any system: `C:\vid\talk.mp4` gives `talk_...`.
    """
    stem = PurePosixPath(video_filename.replace("\\", "/")).stem if video_filename else ""
    allowed = "".join(character for character in stem if character.isalnum() or character in " -_")
    base = allowed.strip().replace(" ", "_") or FALLBACK_NAME
    return _append_suffix(base, f"_{now:%Y%m%d_%H%M%S}")


def normalize_session_name(raw: str) -> str:
    """Return a typed name in its normal form: stripped, and composed (NFC).

    It may contain any printable character; folders and files have a name derived by :func:`sanitize_session_name`.

    :raises SessionNameError: with one of the codes `name_empty`, `name_too_long`, `name_control`.
    """
    name = unicodedata.normalize("NFC", raw.strip())
    if not name:
        raise SessionNameError("name_empty", sentence("Give the session a name."))
    if invisible := next((c for before, c in pairwise(f" {name}") if _is_invisible(before, c)), ""):
        raise SessionNameError(
            "name_control",
            sentence(
                "The name contains an invisible character, %(invisible)s. Remove it.",
                invisible=escape_unprintable(invisible),
            ),
        )
    if len(name) > LENGTH_LIMIT or len(name.encode()) > SIZE_LIMIT:
        raise SessionNameError(
            "name_too_long",
            sentence(
                "The name is longer than %(length_limit)s characters or %(size_limit)s bytes. Shorten it.",
                length_limit=LENGTH_LIMIT,
                size_limit=SIZE_LIMIT,
            ),
        )
    return name


def sanitize_session_name(raw: str) -> str:
    """Return the closest name that is valid on every system, or "" if there is none.

    “_” replaces invalid characters, also at the start and the end: `.talk` -> `_talk`, `con` -> `con_`.
    """
    name = unicodedata.normalize("NFC", raw.strip())
    name = "".join(
        "_" if _is_invisible(before, c) or c in FORBIDDEN_CHARACTERS else c
        for before, c in pairwise(f" {name}")
    )
    if name.startswith("."):
        name = f"_{name[1:]}"
    name = _append_suffix(name, "")
    if name.endswith("."):
        name = f"{name[:-1]}_"
    if is_reserved_name(name):
        name = f"{name}_" if "." not in name else name.replace(".", "_", 1)
    return name


def fold_session_name(name: str) -> str:
    """Fold a name: equal results mean that people or file systems confuse names."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def find_free_name(name: str, taken: Container[str]) -> str:
    """Return `name`, `name_2`, `name_3` ...: the first whose fold is not in `taken`."""
    return next(each for each in iter_numbered_names(name) if fold_session_name(each) not in taken)


def iter_numbered_names(name: str) -> Iterator[str]:
    """Yield `name`, `name_2`, `name_3` ... without end."""
    yield name
    for number in count(2):
        yield _append_suffix(name, f"_{number}")


def build_export_filename(name: str, part: str = "") -> str:
    """Build the file name of an export: `talk_export.zip`, `talk_audio_hi_export.zip`.

    The session's name is changed to one that every file system can store.

    :param part: `Selection.filename_suffix`.
    """
    suffix = f"_{part}{EXPORT_SUFFIX}.zip" if part else f"{EXPORT_SUFFIX}.zip"
    suffix = suffix if len(suffix.encode()) <= FILENAME_LIMIT // 2 else f"_part{EXPORT_SUFFIX}.zip"
    room = FILENAME_LIMIT - len(suffix.encode())
    stem = sanitize_session_name(name) or FALLBACK_NAME
    return stem.encode()[:room].decode(errors="ignore") + suffix


def derive_session_name(filename: str, *, is_export: bool, part: str = "") -> str:
    """Derive a valid session name from the file name of an archive.

    :param is_export: the archive is an export of a portal, so `_export` is not part of the session's name.
    :param part: `Selection.filename_suffix` of the export, which is not part of the session's name either.
    """
    stem = PurePosixPath(filename).stem
    if is_export:
        stem = EXPORT_ENDING.sub("", stem)
        stem = stem.removesuffix(f"_{part}") if part else stem
    return sanitize_session_name(stem) or FALLBACK_NAME


def restore_session_name(derived: str, title: object) -> str:
    """Return the name of which a derived one was made, if it is.

    :param title: `session_name` in the metadata.json of an export.
    """
    if isinstance(title, str) and sanitize_session_name(title) == derived:
        with contextlib.suppress(SessionNameError):
            return normalize_session_name(title)
    return derived


def _is_invisible(before: str, character: str) -> bool:
    """Return whether a character cannot be seen, or changes how others are shown."""
    if character.isprintable():
        return False
    return unicodedata.category(character) == "Cs" or has_invisible_characters(f"{before}{character}"[-2:])


def _append_suffix(name: str, suffix: str) -> str:
    """Append an ASCII suffix, truncating the name where the result would be too long."""
    length, size = LENGTH_LIMIT - len(suffix), SIZE_LIMIT - len(suffix)
    if len(name) > length or len(name.encode()) > size:
        name = name[:length].encode()[:size].decode(errors="ignore").rstrip(" .")
    return name + suffix
