"""Names of sessions. A name is a folder's too, here and on every machine that a session goes to."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import PurePosixPath

from dubbing_client.dropin.errors import SessionError

LENGTH_LIMIT = 120
"""In characters; that of the portal."""
SIZE_LIMIT = 240
"""In bytes of UTF-8, so that `<name>_export.zip` is a file name everywhere."""
FALLBACK = "dubbing_project"
REFUSED = frozenset('/\\:*?"<>|')
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789¹²³"}
)
"""learn.microsoft.com/windows/win32/fileio/naming-a-file; any extension after them is reserved too."""


def auto_name(video_filename: str | None, now: datetime) -> str:
    """`Tutorial Video.avi` -> `Tutorial_Video_20250803_181102`, with letters and digits of every script."""
    stem = PurePosixPath(video_filename.replace("\\", "/")).stem if video_filename else ""
    kept = "".join(character for character in stem if character.isalnum() or character in " -_")
    cleaned = kept.strip().replace(" ", "_") or FALLBACK
    suffix = f"_{now:%Y%m%d_%H%M%S}"
    return _cut(cleaned, len(suffix)) + suffix


def clean_name(raw: str) -> str:
    """The one form of a name: what no folder may be called is replaced, so that it never leads out of its place.

    :raises SessionError: nothing is left of it.
    """
    name = unicodedata.normalize("NFC", str(raw or "").strip())
    name = "".join("_" if _is_control(character) or character in REFUSED else character for character in name)
    if name.startswith("."):
        name = f"_{name[1:]}"
    name = _cut(name, 0)
    if name.endswith("."):
        name = f"{name[:-1]}_"
    if name.partition(".")[0].rstrip().casefold() in RESERVED:
        name = f"_{_cut(name, 1)}"
    if not name:
        raise SessionError("Give the session a name.")
    return name


def fold_name(name: str) -> str:
    """The form in which two names are equal if people or file systems might take one for the other."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"}


def _cut(name: str, room: int) -> str:
    length, size = LENGTH_LIMIT - room, SIZE_LIMIT - room
    if len(name) > length or len(name.encode()) > size:
        name = name[:length].encode()[:size].decode(errors="ignore").rstrip(" .")
    return name
