"""Names of members: what they say, whether they are safe, and which are litter."""

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
"""Where Finder puts resource forks."""
JUNK_FILES = {".ds_store", "thumbs.db"}
"""What Finder and Windows Explorer leave in every folder."""


def escape_raw_name(raw: bytes) -> str:
    """A name that may be anything, for a message."""
    name = raw.decode(errors="replace")
    return (
        name
        if name.isascii() and name.isprintable() and len(name) <= MESSAGE_PATH_LIMIT
        else escape_for_message(name)
    )


def decode_member_name(raw: bytes, *, utf8: bool, unicode_path: str | None) -> str:
    """The name of a member, safe (`domain.paths`), with a slash at the end where it is a folder.

    Without the UTF-8 flag a name is ASCII or the UTF-8 that older Finders wrote; where a program wrote the name in a
    code page, or with placeholders, it is the one in the Unicode Path field.

    :raises ZipError: the codes of `PathError`, with `zip_name_` for `path_`; `zip_name_encoding`, the name is in an
        unknown code page; `zip_name_mismatch`, it is told twice and differently.
    """
    name: str | None
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        name = None
    if name is None and (utf8 or unicode_path is None):
        raise ZipError(
            "zip_name_encoding",
            "The archive holds a name that is not UTF-8. Make it again with a program that writes UTF-8.",
            member=escape_raw_name(raw),
        )
    if name is not None:
        _check(name)
        if unicode_path in (None, name):
            return name
        if utf8 or not name.isascii():
            raise _mismatch(raw)
    assert unicode_path is not None
    if unicode_path.endswith("/") != raw.endswith(b"/"):
        raise _mismatch(raw)
    _check(unicode_path)
    return unicode_path


def check_member_names(names: Iterable[str]) -> None:
    """Refuse names that cannot lie side by side; those of folders end in a slash.

    :raises ZipError: `zip_name_duplicate` or `zip_name_file_as_folder`.
    """
    # With the slash before every other character, what lies in a folder follows its name: neighbours tell all, however
    # deep the names are. (Names hold no NUL.) A folder, with its slash, is itself something that lies in its name.
    ordered = sorted((fold_path(name).replace("/", "\0"), name) for name in names)
    for (first, first_name), (second, second_name) in pairwise(ordered):
        if first == second or second.startswith(f"{first}\0"):
            try:
                check_collisions((first_name, second_name))
            except PathError as error:
                raise _refused(error) from None


def is_junk(name: str) -> bool:
    """Whether an operating system put the file there, and nobody misses it."""
    parts = name.casefold().split("/")
    return parts[0] == JUNK_FOLDER or parts[-1] in JUNK_FILES


def _check(name: str) -> None:
    try:
        check_path(name.removesuffix("/"))
    except PathError as error:
        raise _refused(error) from None


def _refused(error: PathError) -> ZipError:
    refused = ZipError(error.code.replace("path_", "zip_name_", 1), str(error))
    refused.member = escape_for_message(error.path)
    return refused


def _mismatch(raw: bytes) -> ZipError:
    return ZipError(
        "zip_name_mismatch",
        "The archive gives one file two names. Make it again.",
        member=escape_raw_name(raw),
    )
