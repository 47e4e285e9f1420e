"""Facts as the media process reports them, checked.

A hostile file may have taken it over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dubbing_core.media_facts import MediaFacts, MediaStream, StreamKind
from dubbing_core.media_problems import SoundDamage, find_problem
from dubbing_core.sentences import sentence

TEXT_LENGTH = 40
REASON_LENGTH = 200
MAX_STREAMS = 40
LARGEST_INTEGER = 2**31 - 1
MOST_CHANNELS = 1024
HIGHEST_RATE = 100_000.0
LONGEST_SECONDS = 10 * 365 * 86400
KINDS = {kind.value: kind for kind in StreamKind}
NO_RATE = sentence("is damaged: it states neither sample rate nor channels")
NOTHING = sentence("contains neither audio nor video")
UNKNOWN = "unknown"
"""Codec that this machine has no decoder for."""
UNKNOWN_CODEC = sentence("the codec of its picture is unknown")
UNKNOWN_PICTURE = sentence("the size of its picture is unknown, or above 8192 by 4320 pixels")


def build_facts(raw: Mapping[str, Any]) -> MediaFacts:
    """Return the facts; those that make no sense are left out."""
    if reason := _read_text(raw.get("reason"), REASON_LENGTH):
        return MediaFacts(reason=reason)
    rows = raw.get("streams")
    streams = tuple(
        _read_stream(row)
        for row in (rows if isinstance(rows, list) else [])[:MAX_STREAMS]
        if isinstance(row, dict)
    )
    kinds = {stream.kind for stream in streams}
    if not kinds & {StreamKind.VIDEO, StreamKind.AUDIO}:
        return MediaFacts(reason=NOTHING)
    sample_rate = _read_integer(raw.get("sample_rate"))
    channels = _read_integer(raw.get("channels"))
    if StreamKind.VIDEO not in kinds and not (sample_rate and channels):
        return MediaFacts(reason=NO_RATE)
    duration_ms = _read_milliseconds(raw.get("duration"))
    if duration_ms is None:
        duration_ms = max((stream.duration_ms or 0 for stream in streams), default=0) or None
    width, height = _read_integer(raw.get("width")), _read_integer(raw.get("height"))
    has_picture = StreamKind.VIDEO in kinds
    rate = _read_number(raw.get("frame_rate"), HIGHEST_RATE)
    problem = find_problem(streams, duration_ms, frame_rate=rate)
    if has_picture and raw.get("video_codec") == UNKNOWN:
        problem = "; ".join(filter(None, (problem, UNKNOWN_CODEC)))
    elif has_picture and not (width and height):
        problem = "; ".join(filter(None, (problem, UNKNOWN_PICTURE)))
    return MediaFacts(
        container=_read_text(raw.get("container"), TEXT_LENGTH),
        duration_ms=duration_ms,
        video_codec=_read_text(raw.get("video_codec"), TEXT_LENGTH) if has_picture else "",
        pixel_format=_read_text(raw.get("pixel_format"), TEXT_LENGTH) if has_picture else "",
        width=width,
        height=height,
        frame_rate=round(rate, 3) if rate and has_picture else None,
        audio_codec=_read_text(raw.get("audio_codec"), TEXT_LENGTH),
        sample_rate=sample_rate,
        channels=min(channels, MOST_CHANNELS),
        streams=streams,
        stream_count=max(_read_integer(raw.get("stream_count")), len(streams)),
        problem=problem,
    )


def build_damage(raw: Mapping[str, Any]) -> SoundDamage | None:
    """Return what decoding found out about the sound; None if it was not decoded."""
    end_ms = _read_milliseconds(raw.get("decoded_end"))
    if end_ms is None:
        return None
    found = raw.get("first_gap")
    ends = [_read_milliseconds(each) for each in found] if isinstance(found, list) else []
    first_gap = (ends[0], ends[1]) if len(ends) == 2 and ends[0] is not None and ends[1] is not None else None  # noqa: PLR2004 (start and end)
    gaps = max(1, _read_integer(raw.get("gaps"))) if first_gap else 0
    return SoundDamage(gaps=gaps, first_gap=first_gap, end_ms=end_ms)


def _read_stream(row: Mapping[str, Any]) -> MediaStream:
    return MediaStream(
        kind=KINDS.get(str(row.get("kind")), StreamKind.OTHER),
        codec=_read_text(row.get("codec"), TEXT_LENGTH),
        language=_read_text(row.get("language"), TEXT_LENGTH),
        duration_ms=_read_milliseconds(row.get("duration")),
        end_ms=_read_milliseconds(row.get("end")),
    )


def _read_text(value: object, length: int) -> str:
    """Return a text in printable characters."""
    if not isinstance(value, str):
        return ""
    return "".join(character for character in value[:length] if character.isprintable()).strip()


def _read_number(value: object, highest: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if 0 <= value <= highest else None


def _read_integer(value: object) -> int:
    return int(_read_number(value, LARGEST_INTEGER) or 0)


def _read_milliseconds(value: object) -> int | None:
    seconds = _read_number(value, LONGEST_SECONDS)
    return None if seconds is None else round(seconds * 1000)
