"""Timestamps in ISO 8601, read with one result on every supported Python."""

from __future__ import annotations

import re
from datetime import datetime, timezone, tzinfo

# Python 3.10 accepts neither “Z” nor fractions of other than 3 or 6 digits; Python 3.11 truncates to 6.
FRACTION = re.compile(r"(?<=:\d\d)[.,](\d+)")


def parse_timestamp(text: str, *, zone: tzinfo = timezone.utc) -> datetime:
    """Return the moment in UTC.

    :param zone: of a timestamp without one.
    :raises ValueError: `text` is not a timestamp, or outside the years 1 to 9999 in UTC.
    """
    text = FRACTION.sub(lambda match: f".{match[1][:6]:0<6}", text, count=1)
    moment = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(timezone.utc)
    except OverflowError as error:
        raise ValueError(f"{text} is out of range in UTC.") from error


def format_timestamp(moment: datetime, *, zone: tzinfo = timezone.utc) -> str:
    """Return a timestamp as the original session manager writes it.

    Without a zone, always with microseconds.

    The second pass of an hour that clocks repeat in autumn is written with its offset, to be read as the same moment.
    """
    if moment.tzinfo is None:
        return moment.isoformat(timespec="microseconds")
    local = moment.astimezone(zone)
    naive = local.replace(tzinfo=None, fold=0)
    is_repeated = naive.replace(tzinfo=zone).utcoffset() != local.utcoffset()
    return (local if is_repeated else naive).isoformat(timespec="microseconds")
