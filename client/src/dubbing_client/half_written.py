"""Detection of files that their program has not written completely yet."""

from __future__ import annotations

import json
import re
from pathlib import Path

MAX_JSON_SIZE = 16 * 1024 * 1024
"""Larger ones are not read twice."""
CUT_VALUE = re.compile(r"-|\.|e[+-]?|t(ru?)?|f(al?|als)?|n(ul?)?|\\?u[0-9a-f]{0,4}", re.IGNORECASE)
"""Beginnings of words, numbers and escapes, which the parser does not recognize."""
MP4_EXTENSIONS = frozenset({".mp4", ".m4a", ".m4v", ".mov"})
ZIP_EXTENSIONS = frozenset({".xlsx", ".docx", ".zip"})
BOX_HEADER = 8
LARGE_BOX_HEADER = 16
MAX_BOXES = 10_000
END_RECORD = b"PK\x05\x06"
END_RECORD_SIZE = 22 + 65_535
"""With the longest comment."""


def is_half_written(place: Path) -> bool:
    """Return whether a file ends too early for its format.

    That is certain for JSON, MP4 and ZIP only; other files count as complete, as do files that cannot be read.
    """
    extension = place.suffix.lower()
    try:
        if extension == ".json":
            return _is_half_json(place)
        if extension in MP4_EXTENSIONS:
            return _is_half_mp4(place)
        return extension in ZIP_EXTENSIONS and _is_half_zip(place)
    except OSError:
        return False


def _is_half_json(place: Path) -> bool:
    if place.stat().st_size > MAX_JSON_SIZE:
        return False
    data = place.read_bytes()
    if not data:
        return False  # tools create empty files on purpose
    try:
        text = data.decode(json.detect_encoding(data)).rstrip()
    except UnicodeDecodeError as error:
        return error.end == len(data)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        # An unterminated string, number or word is reported where it begins.
        rest = text[error.pos :]
        return (
            not rest or error.msg.startswith("Unterminated string") or CUT_VALUE.fullmatch(rest) is not None
        )
    except (ValueError, RecursionError):
        return False
    return False


def _is_half_mp4(place: Path) -> bool:
    """Return whether the last box ends behind the file, or the index is missing."""
    size = place.stat().st_size
    offset = 0
    names = set()
    with place.open("rb") as file:
        for _ in range(MAX_BOXES):
            if offset == size:
                break
            file.seek(offset)
            header = file.read(LARGE_BOX_HEADER)
            names.add(header[4:BOX_HEADER])
            if offset == 0 and b"ftyp" not in names:
                return False  # another format
            length = int.from_bytes(header[:4], "big")
            if length == 1 and len(header) == LARGE_BOX_HEADER:
                length = int.from_bytes(header[BOX_HEADER:], "big")
            elif length == 0 and len(header) >= BOX_HEADER:
                length = size - offset  # up to the end of the file
            if length < BOX_HEADER or offset + length > size:
                return True
            offset += length
    return size > 0 and b"moov" not in names


def _is_half_zip(place: Path) -> bool:
    size = place.stat().st_size
    with place.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return False  # another format
        file.seek(max(0, size - END_RECORD_SIZE))
        return END_RECORD not in file.read()
