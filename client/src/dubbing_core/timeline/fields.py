"""Fields of a line of dialog, under the names that tools use in JSON and tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dubbing_core.timeline.clock import parse_clock, seconds_to_ms

PUNCTUATION = re.compile(r"[\W_]+")

START = (
    "start",
    "starttime",
    "begin",
    "from",
    "startsec",
    "startseconds",
    "originalstart",
    "originalstarttime",
)
END = ("end", "endtime", "finish", "to", "endsec", "endseconds", "originalend", "originalendtime")
START_MS = ("startms", "starttimems")
END_MS = ("endms", "endtimems")
DUBBED_START = ("translatedstarttime", "newstart")
DUBBED_END = ("translatedendtime", "newend")
DURATION = ("duration", "dur")
SPEAKER = ("speaker", "speakerid", "speakername", "speakertag", "spk", "actor", "character")
TEXT = ("text", "transcript", "transcription", "sentence", "content")
SOURCE = ("originaltext", "sourcetext", "srctext", "textoriginal", "origin", "original", "src", "source")
TRANSLATION = (
    "translation",
    "translatedtext",
    "translated",
    "targettext",
    "target",
    "spokentext",
    "dst",
    "trans",
)
DUBBING = ("voicename", "ttstype")
"""Settings of a line that is spoken by a voice: its text is the translation."""


@dataclass(frozen=True, kw_only=True)
class Fields:
    """The keys of a line's values; "" where there is none."""

    start: str
    end: str
    duration: str
    start_ms: str
    end_ms: str
    dubbed_start: str
    dubbed_end: str
    pair: str
    """Of `[start, end]`, in seconds."""
    offsets: str
    """Of an object with `from` and `to`: whisper.cpp's."""
    speaker: str
    text: str
    """In no stated role."""
    source: str
    translation: str

    @property
    def has_text(self) -> bool:
        return bool(self.text or self.source or self.translation)


def fold_key(key: str) -> str:
    """Return a key without case and punctuation: `Start Time` -> `starttime`."""
    return PUNCTUATION.sub("", key).casefold()


def find_fields(keys: Iterable[str]) -> Fields:
    """Find the fields of lines that have these keys."""
    by_name = {fold_key(key): key for key in keys}

    def first(names: Iterable[str]) -> str:
        return next((by_name[name] for name in names if name in by_name), "")

    text, source, translation = first(TEXT), first(SOURCE), first(TRANSLATION)
    if "spokentext" in by_name:  # a plan of what to speak; its other text is the same line before changes
        text, source = "", ""
    elif translation:
        source, text = source or text, ""
    elif (text and source) or (text and first(DUBBING)):
        translation, text = text, ""
    elif source:
        text, source = source, ""
    return Fields(
        start=by_name.get("startraw") or first(START),
        end=by_name.get("endraw") or first(END),
        duration=first(DURATION),
        start_ms=first(START_MS),
        end_ms=first(END_MS),
        dubbed_start=first(DUBBED_START),
        dubbed_end=first(DUBBED_END),
        pair=by_name.get("timestamp", ""),
        offsets=by_name.get("offsets", ""),
        speaker=first(SPEAKER),
        text=text,
        source=source,
        translation=translation,
    )


ParseTime = Callable[[Any], "int | None"]


def parse_time(value: Any) -> int | None:
    """Return a time in milliseconds: a number of seconds, or a clock time."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        try:
            return seconds_to_ms(float(value))
        except OverflowError:
            return None
    if isinstance(value, str):
        return parse_clock(value)
    return None


def parse_ms(value: Any) -> int | None:
    """Return a time that is in milliseconds already."""
    if isinstance(value, str):
        value = value.strip()
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 15 else None  # noqa: PLR2004 (digits)
    seconds = parse_time(value)
    return None if seconds is None else seconds // 1000


def read_times(
    line: Mapping[str, Any], fields: Fields, parse: ParseTime = parse_time
) -> tuple[int | None, int | None]:
    """Return start and end of a line, in milliseconds."""
    if fields.start_ms:
        return parse_ms(line[fields.start_ms]), parse_ms(line.get(fields.end_ms))
    if fields.start:
        start = parse(line[fields.start])
        if fields.end:
            return start, parse(line[fields.end])
        duration = parse(line.get(fields.duration))
        return start, None if start is None or duration is None else start + duration
    if fields.dubbed_start:
        return read_dubbed_times(line, fields, parse)
    return _read_pair(line.get(fields.offsets) or line.get(fields.pair), parse)


def _read_pair(value: Any, parse: ParseTime) -> tuple[int | None, int | None]:
    """Return the times of whisper.cpp's offsets, or of a list of two."""
    if isinstance(value, dict):
        return parse_ms(value.get("from")), parse_ms(value.get("to"))
    if isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 (a pair)
        return parse(value[0]), parse(value[1])
    return None, None


def read_dubbed_times(
    line: Mapping[str, Any], fields: Fields, parse: ParseTime = parse_time
) -> tuple[int | None, int | None]:
    """Return start and end of a line's translation, in milliseconds."""
    if not fields.dubbed_start:
        return read_times(line, fields, parse)
    return parse(line[fields.dubbed_start]), parse(line.get(fields.dubbed_end))


def read_string(value: Any) -> str:
    """Return a text or number as text; of an object, its id or name."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() < 64 else ""  # noqa: PLR2004 (bits)
    if isinstance(value, dict):
        for key in ("speaker_id", "id", "name", "text"):
            if isinstance(value.get(key), str):
                return str(value[key])
    return ""
