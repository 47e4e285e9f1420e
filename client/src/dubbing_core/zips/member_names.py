"""Names of members: decode and validate."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from dubbing_core.paths import (
    MESSAGE_PATH_LIMIT,
    PathError,
    check_collisions,
    check_path,
    escape_for_message,
    fold_path,
)
from dubbing_core.sentences import join, sentence
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.name_encodings import NameReading

UNPACK = sentence("Unpack it and drop the folder in.")
CONFIRM_READING = sentence(
    "Choose in the preview how to read its names. Or: unpack it and drop the folder in."
)
FOLDER_KEEPS = frozenset(
    {
        "path_colon",
        "path_control",
        "path_duplicate",
        "path_part_too_long",
        "path_reserved",
        "path_trailing",
    }
)
"""Codes of names that some system holds, so that the unpacked folder can be saved."""


def escape_raw_name(raw: bytes) -> str:
    """Return an undecoded name in a form safe for a message."""
    name = raw.decode(errors="replace")
    return (
        name
        if name.isascii() and name.isprintable() and len(name) <= MESSAGE_PATH_LIMIT
        else escape_for_message(name)
    )


def decode_member_name(
    raw: bytes, *, utf8: bool, unicode_path: str | None, reading: NameReading | None = None
) -> str:
    """Return the safe name of a member; a folder's name ends with a slash.

    Safe in the sense of `dubbing_core.paths`. Without the UTF-8 flag a name is ASCII, or UTF-8 as older versions of
    Finder write it. Where a program wrote the name in a code page or with placeholders, the Unicode Path field contains
    it.

    :param reading: what a person has confirmed for names without the flag; a backslash separates folders then.
    :raises ZipError: the codes of `PathError`, with `zip_name_` for `path_`; `zip_name_encoding`, the name is in an
        unknown code page; `zip_name_mismatch`, the header and the field contain different names.
    """
    name = _decode(raw, utf8=utf8 or unicode_path is not None, reading=reading)
    if name is None and (utf8 or unicode_path is None):
        raise _encoding_error(raw, reading)
    if name is not None:
        name = _check_name(name, reading)
        if unicode_path is None or _check_name(unicode_path, reading) == name:
            return name
        if utf8 or not raw.isascii():
            raise _mismatch_error(raw)
    assert unicode_path is not None
    path = _check_name(unicode_path, reading)
    if path.endswith("/") != raw.endswith(b"/") and (reading is None or not raw.endswith(b"\\")):
        raise _mismatch_error(raw)
    return path


def _decode(raw: bytes, *, utf8: bool, reading: NameReading | None) -> str | None:
    try:
        return raw.decode() if utf8 or raw.isascii() or reading is None else raw.decode(reading.codec)
    except UnicodeDecodeError:
        return None


def check_member_names(names: Iterable[str]) -> None:
    """Refuse names that cannot exist side by side; names of folders end with a slash.

    :raises ZipError: `zip_name_duplicate` or `zip_name_file_as_folder`.
    """
    # NUL for “/” sorts a folder's files directly after a file of the folder's name, so comparing neighbors is enough.
    # Names contain no NUL. A folder's own name ends with the slash, so it counts as a file in that folder.
    ordered = sorted((fold_path(name).replace("/", "\0"), name) for name in names)
    for (first, first_name), (second, second_name) in pairwise(ordered):
        if first_name == second_name:
            raise _duplicate_error(first_name)
        if first == second or second.startswith(f"{first}\0"):
            try:
                check_collisions((first_name, second_name))
            except PathError as error:
                raise _convert_error(error) from None


def _duplicate_error(name: str) -> ZipError:
    shown = escape_for_message(name)
    error = ZipError(
        "zip_name_duplicate",
        sentence("The ZIP contains %(shown)s twice. Create it again with one of the two files.", shown=shown),
    )
    error.member = shown
    return error


def _check_name(name: str, reading: NameReading | None) -> str:
    """Return the name with slashes, if it is safe."""
    if reading is not None:
        name = name.replace("\\", "/")
    try:
        check_path(name.removesuffix("/"))
    except PathError as error:
        raise _convert_error(error) from None
    return name


def _convert_error(error: PathError) -> ZipError:
    shown = escape_for_message(error.path)
    if error.code == "path_backslash":
        problem = sentence("“%(path)s” contains a backslash, as Windows PowerShell 5 writes it.", path=shown)
        message: str = join([problem, CONFIRM_READING])
    elif error.code in FOLDER_KEEPS and "\0" not in error.path:
        # The advice of the path's own error is to rename the file, which a folder does not need.
        problem = sentence("%(problem)s, which a ZIP cannot hold on every system.", problem=error.problem)
        message = join([problem, UNPACK])
    else:
        message = error.args[0]
    refused = ZipError(error.code.replace("path_", "zip_name_", 1), message)
    refused.member = shown
    return refused


def _encoding_error(raw: bytes, reading: NameReading | None) -> ZipError:
    if reading is None:
        message = join([sentence("The archive contains a name that is not UTF-8."), CONFIRM_READING])
    else:
        message = sentence(
            "The archive contains a name that is not %(label)s. Choose another reading in the preview.",
            label=reading.label,
        )
    return ZipError("zip_name_encoding", message, member=escape_raw_name(raw))


def _mismatch_error(raw: bytes) -> ZipError:
    return ZipError(
        "zip_name_mismatch",
        sentence("The archive contains two names for one file. Create the archive again."),
        member=escape_raw_name(raw),
    )
