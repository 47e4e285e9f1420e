"""Times in text: clock times of subtitles, and numbers."""

from __future__ import annotations

import math
import re

TIME = r"(?P<{0}sign>-?)(?:(?P<{0}h>\d{{1,6}}):)?(?P<{0}m>\d{{1,3}}):(?P<{0}s>\d{{1,2}})(?:[.,](?P<{0}f>\d{{1,9}}))?"
"""A clock time with hours, or without; the groups' names have a prefix."""
CLOCK = re.compile(TIME.format(""))
NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,12})?")
NUMBER_LIMIT = 1e12


def parse_clock(text: str) -> int | None:
    """Return a clock time, or seconds, in milliseconds: `1:02.5` -> 62500."""
    text = text.strip()
    match = CLOCK.fullmatch(text)
    if match is not None:
        return to_ms(*match.group("sign", "h", "m", "s", "f"))
    if NUMBER.fullmatch(text):
        return seconds_to_ms(float(text.replace(",", ".")))
    return None


def to_ms(sign: str, hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    value = (int(hours or 0) * 60 + int(minutes)) * 60_000 + int(seconds) * 1000
    if fraction:
        value += int(fraction) if len(fraction) == 3 else int(fraction[:3].ljust(3, "0"))  # noqa: PLR2004 (milliseconds)
    return -value if sign else value


def seconds_to_ms(seconds: float) -> int | None:
    """Return whole milliseconds; None for NaN, infinities and enormous numbers."""
    if not math.isfinite(seconds) or abs(seconds) > NUMBER_LIMIT:
        return None
    return round(seconds * 1000)
