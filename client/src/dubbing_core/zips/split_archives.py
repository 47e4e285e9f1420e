"""Parts of split archives, recognized by their records or file names."""

from __future__ import annotations

import re

from dubbing_core.sentences import Number, sentence
from dubbing_core.zips.errors import ZipError

PART_NAMES = (re.compile(r"\.zip\.(\d{3,})$", re.IGNORECASE), re.compile(r"\.z(\d{2,})$", re.IGNORECASE))
"""Names that 7-Zip (`talk.zip.001`) and Info-ZIP (`talk.z01`) give to parts."""

INCOMPLETE_CODES = frozenset(
    {
        "zip_count_mismatch",
        "zip_directory_damaged",
        "zip_multi_disk",
        "zip_not_a_zip",
        "zip_prefix",
        "zip_trailing_data",
        "zip_truncated",
    }
)
"""Errors that a part can cause. 7-Zip also writes a single, complete part."""


def find_part_number(filename: str) -> int | None:
    """Return the number of the part that a file name contains, or None."""
    matches = [match for pattern in PART_NAMES if (match := pattern.search(filename))]
    return int(matches[0][1]) if matches else None


def part_error(number: int | None) -> ZipError:
    """Return the error of a part; `number` is None where it is unknown."""
    part = sentence("one part") if number is None else sentence("part %(number)s", number=Number(number))
    return ZipError(
        "zip_multi_disk", sentence("This is %(part)s of a split archive. Join the parts first.", part=part)
    )


def explain_part(error: ZipError, filename: str) -> ZipError:
    """Return the error of a file that could not be read.

    It is that of a part if the file has the name of one.
    """
    number = find_part_number(filename)
    return error if number is None or error.code not in INCOMPLETE_CODES else part_error(number)
