"""New files and packs: what a client is about to upload."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings

from dubbing_core.paths import PathError, parse_saved_path
from dubbing_core.sentences import sentence
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.uploads.limits import (
    MAX_FILES_PER_CALL,
    MAX_FILES_PER_PACK,
    MAX_PACKED_FILE_SIZE,
    MAX_UPLOADS_PER_CALL,
)

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """A file that a client is about to upload."""

    path: str
    size: int
    """In bytes."""
    sha256: str = ""
    """Lower-case hex, or "" if the client did not compute it. The uploaded bytes must match; it also identifies the upload."""
    is_executable: bool | None = None
    """None if unknown: that of the file that it replaces."""
    mtime_ns: int | None = None
    """Time of the last modification in nanoseconds since 1970, or None if unknown."""


@dataclass(frozen=True, kw_only=True)
class NewPack:
    """Small files that a client is about to upload as one: their bytes, concatenated."""

    files: Sequence[NewFile]


def check_counts(new: Sequence[NewFile | NewPack]) -> None:
    """Refuse a call with too few or too many files.

    :raises BadInputError: `bad_file_count`.
    """
    if not 0 < len(new) <= MAX_UPLOADS_PER_CALL:
        raise BadInputError(
            sentence(
                "Create 1 to %(max_uploads_per_call)s uploads per call.",
                max_uploads_per_call=MAX_UPLOADS_PER_CALL,
            ),
            code="bad_file_count",
        )
    packs = [each for each in new if isinstance(each, NewPack)]
    if any(not 0 < len(pack.files) <= MAX_FILES_PER_PACK for pack in packs):
        raise BadInputError(
            sentence(
                "A pack contains 1 to %(max_files_per_pack)s files.", max_files_per_pack=MAX_FILES_PER_PACK
            ),
            code="bad_file_count",
        )
    if len(new) - len(packs) + sum(len(pack.files) for pack in packs) > MAX_FILES_PER_CALL:
        raise BadInputError(
            sentence(
                "Upload at most %(max_files_per_call)s files per call.", max_files_per_call=MAX_FILES_PER_CALL
            ),
            code="bad_file_count",
        )


def check_file(file: NewFile) -> NewFile:
    """Return the file with its path as a session saves it.

    :raises BadInputError: the path, size or hash cannot be accepted.
    """
    try:
        path = parse_saved_path(file.path)
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error
    if file.size < 0:
        raise BadInputError(sentence("The size of “%(path)s” is negative.", path=path), code="bad_size")
    if file.size > settings.MAX_UPLOAD_SIZE:
        raise BadInputError(
            sentence(
                "“%(path)s” is too large: a file may have %(max_upload_size)s GiB.",
                path=path,
                max_upload_size=settings.MAX_UPLOAD_SIZE // 1024**3,
            ),
            code="too_large",
        )
    if file.sha256 and not SHA256.fullmatch(file.sha256):
        raise BadInputError(
            sentence("The SHA-256 of “%(path)s” must be 64 hexadecimal digits in lower case.", path=path),
            code="bad_sha256",
        )
    return replace(file, path=path)


def check_pack(pack: NewPack) -> list[NewFile]:
    """Return a pack's files with their paths as a session saves them.

    :raises BadInputError: a file cannot be accepted, or is too large for a pack.
    """
    files = [check_file(file) for file in pack.files]
    for file in files:
        if file.size > MAX_PACKED_FILE_SIZE:
            raise BadInputError(
                sentence(
                    "“%(path)s” is too large for a pack, whose files may have %(max_packed_file_size)s bytes. "
                    "Upload it on its own.",
                    path=file.path,
                    max_packed_file_size=MAX_PACKED_FILE_SIZE,
                ),
                code="too_large",
            )
    return files
