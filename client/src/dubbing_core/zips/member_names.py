"""Names of members: decode, validate, recognize files of operating systems."""

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
from dubbing_core.zips.errors import ZipError

JUNK_FOLDER = "__macosx"
"""Folder in which Finder stores resource forks."""
JUNK_FILES = {".ds_store", "thumbs.db"}
"""Files that Finder and Windows Explorer write into every folder."""


def escape_raw_name(raw: bytes) -> str:
    """Return an undecoded name in a form safe for a message."""
    name = raw.decode(errors="replace")
    return (
        name
        if name.isascii() and name.isprintable() and len(name) <= MESSAGE_PATH_LIMIT
        else escape_for_message(name)
    )


def decode_member_name(raw: bytes, *, utf8: bool, unicode_path: str | None) -> str:
    """Return the safe name of a member; a folder's name ends with a slash.

    Safe in the sense of `dubbing_core.paths`. Without the UTF-8 flag a name is ASCII, or UTF-8 as older versions of
    Finder write it. Where a program wrote the name in a code page or with placeholders, the Unicode Path field contains
    it.

    :raises ZipError: the codes of `PathError`, with `zip_name_` for `path_`; `zip_name_encoding`, the name is in an
        unknown code page; `zip_name_mismatch`, the header and the field contain different names.
    """
    name: str | None
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        name = None
    if name is None and (utf8 or unicode_path is None):
        raise ZipError(
            "zip_name_encoding",
            "The archive contains a name that is not UTF-8. Create it again with a program that writes UTF-8.",
            member=escape_raw_name(raw),
        )
    if name is not None:
        _check_name(name)
        if unicode_path in (None, name):
            return name
        if utf8 or not name.isascii():
            raise _mismatch_error(raw)
    assert unicode_path is not None
    if unicode_path.endswith("/") != raw.endswith(b"/"):
        raise _mismatch_error(raw)
    _check_name(unicode_path)
    return unicode_path


def check_member_names(names: Iterable[str]) -> None:
    """Refuse names that cannot exist side by side; names of folders end with a slash.

    :raises ZipError: `zip_name_duplicate` or `zip_name_file_as_folder`.
    """
    # NUL for “/” sorts a folder's files directly after a file of the folder's name, so comparing neighbors is enough.
    # Names contain no NUL. A folder's own name ends with the slash, so it counts as a file in that folder.
    ordered = sorted((fold_path(name).replace("/", "\0"), name) for name in names)
    for (first, first_name), (second, second_name) in pairwise(ordered):
        if first == second or second.startswith(f"{first}\0"):
            try:
                check_collisions((first_name, second_name))
            except PathError as error:
                raise _convert_error(error) from None


def is_junk(name: str) -> bool:
    """Return whether the file is one that an operating system adds to folders."""
    parts = name.casefold().split("/")
    return parts[0] == JUNK_FOLDER or parts[-1] in JUNK_FILES


def _check_name(name: str) -> None:
    try:
        check_path(name.removesuffix("/"))
    except PathError as error:
        raise _convert_error(error) from None


def _convert_error(error: PathError) -> ZipError:
    refused = ZipError(error.code.replace("path_", "zip_name_", 1), str(error))
    refused.member = escape_for_message(error.path)
    return refused


def _mismatch_error(raw: bytes) -> ZipError:
    return ZipError(
        "zip_name_mismatch",
        "The archive contains two names for one file. Create the archive again.",
        member=escape_raw_name(raw),
    )
