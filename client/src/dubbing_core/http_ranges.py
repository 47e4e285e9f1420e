"""HTTP range requests (RFC 9110 section 14) over something whose size is known: one range, or the whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

# RFC 9110 sections 14.1.1 and 14.1.2; a unit's name is not case-sensitive, white space is that of 5.6.3.
BYTES = re.compile(r"bytes=(?P<set>[^\r\n]*)", re.IGNORECASE)
SPEC = re.compile(r"(?P<first>[0-9]*)-(?P<last>[0-9]*)")
BEYOND = 1 << 64
"""Stands for every number that is larger than any file."""
BEYOND_DIGITS = 19


class RangeNotSatisfiableError(ValueError):
    """No byte of the range exists: answer 416 with `Content-Range: bytes */size` (RFC 9110 section 15.5.17)."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The range lies outside of {size} bytes.")
        self.size = size


@dataclass(frozen=True, slots=True)
class ByteRange:
    start: int
    end: int
    """Half-open, unlike in the header."""

    @property
    def size(self) -> int:
        return self.end - self.start


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Read a Range header for something of `size` bytes; None means to answer with the whole.

    The whole is the answer, as section 14.2 allows, to a header that is missing or malformed, to other units, and to
    several ranges at once, which no download manager needs and many an attacker likes.

    :raises RangeNotSatisfiableError: the header is well-formed and asks for no byte there is.
    """
    matched = BYTES.fullmatch(header or "")
    if matched is None:
        return None
    specs = [spec for spec in (spec.strip(" \t") for spec in matched["set"].split(",")) if spec]
    spec = SPEC.fullmatch(specs[0]) if len(specs) == 1 else None
    if spec is None:
        return None
    first, last = spec["first"], spec["last"]
    if not first:
        return _suffix(last, size)
    start = _number(first)
    end = _number(last) + 1 if last else BEYOND
    if end <= start < BEYOND:
        return None
    if start >= size:
        raise RangeNotSatisfiableError(size)
    return ByteRange(start, min(end, size))


def _suffix(length: str, size: int) -> ByteRange | None:
    if not length:
        return None
    wanted = _number(length)
    if wanted == 0:
        raise RangeNotSatisfiableError(size)
    # Of nothing, the last bytes are all of it, and a Content-Range could not say so.
    return ByteRange(max(size - wanted, 0), size) if size else None


def format_content_range(byte_range: ByteRange | None, size: int) -> str:
    """The Content-Range header (section 14.4) of a 206 answer, or of a 416 one where there is no range."""
    if byte_range is None:
        return f"bytes */{size}"
    return f"bytes {byte_range.start}-{byte_range.end - 1}/{size}"


def matches_if_range(header: str | None, etag: str, last_modified: datetime | None = None) -> bool:
    """Whether the Range header counts, given the If-Range header (section 13.1.5): what the client has is still true.

    :param etag: the strong validator, with its quotes.
    :param last_modified: as sent in Last-Modified; None when it was not sent.
    """
    if header is None:
        return True
    validator = header.strip(" \t")
    if validator.startswith(('"', "W/")):
        # Strong comparison (section 8.8.3.2): a weak validator never matches.
        return validator == etag and not etag.startswith("W/")
    if last_modified is None:
        return False
    try:
        moment = parsedate_to_datetime(validator)
    except (ValueError, OverflowError):
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment == last_modified.replace(microsecond=0)


def _number(digits: str) -> int:
    # int() refuses what has thousands of digits, and takes its time for what has hundreds.
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= BEYOND_DIGITS else BEYOND
