"""HTTP range requests (RFC 9110 section 14) for content of known size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

# RFC 9110 sections 14.1.1 and 14.1.2; a unit's name is case-insensitive; white space as in 5.6.3.
BYTES = re.compile(r"bytes=(?P<set>[^\r\n]*)", re.IGNORECASE)
SPEC = re.compile(r"(?P<first>[0-9]*)-(?P<last>[0-9]*)")
BEYOND = 1 << 64
"""Replaces every number that is larger than any file."""
BEYOND_DIGITS = 19


class RangeNotSatisfiableError(ValueError):
    """No byte of the range exists: respond with 416 (RFC 9110 section 15.5.17)."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The range is outside of the {size} bytes.")
        self.size = size


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Range of bytes from `start` until before `end`."""

    start: int
    end: int
    """Half-open, unlike in the header."""

    @property
    def size(self) -> int:
        return self.end - self.start


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Parse a Range header for content of `size` bytes.

    :returns: None to respond with all of it. That is, as section 14.2 allows, the response to a missing or malformed
        header, to other units, and to several ranges at once, which no download manager needs and attackers use.

    :raises RangeNotSatisfiableError: the header is well-formed, but no byte of the range exists.
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
        return _parse_suffix(last, size)
    start = _parse_number(first)
    end = _parse_number(last) + 1 if last else BEYOND
    if end <= start < BEYOND:
        return None
    if start >= size:
        raise RangeNotSatisfiableError(size)
    return ByteRange(start, min(end, size))


def _parse_suffix(length: str, size: int) -> ByteRange | None:
    if not length:
        return None
    requested = _parse_number(length)
    if requested == 0:
        raise RangeNotSatisfiableError(size)
    # A suffix of empty content is all of it, which Content-Range cannot express.
    return ByteRange(max(size - requested, 0), size) if size else None


def format_content_range(byte_range: ByteRange | None, size: int) -> str:
    """Format the Content-Range header (section 14.4).

    :param byte_range: None for a 416 response.
    """
    if byte_range is None:
        return f"bytes */{size}"
    return f"bytes {byte_range.start}-{byte_range.end - 1}/{size}"


def matches_if_range(header: str | None, etag: str, last_modified: datetime | None = None) -> bool:
    """Return whether the If-Range header (section 13.1.5) is absent or matches.

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


def _parse_number(digits: str) -> int:
    # int() is slow for hundreds of digits and refuses thousands.
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= BEYOND_DIGITS else BEYOND
