"""Advanced SubStation Alpha, and SubStation Alpha."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dubbing_core.sentences import sentence
from dubbing_core.timeline.builder import Budget, TrackBuilder
from dubbing_core.timeline.clock import CLOCK, to_ms
from dubbing_core.timeline.tracks import Problems, Track, UnreadableError

NAME = "SubStation Alpha"
FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
"""Of lines before any Format line."""
OVERRIDES = re.compile(r"\{[^{}]*\}")
DRAWING = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}[^{]*")


def read(text: str, problems: Problems, budget: Budget) -> list[Track]:
    """Read a file with newlines as in Unix."""
    builder = TrackBuilder(problems, budget)
    fields: Sequence[str] = FIELDS
    is_events = False
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            is_events = stripped.casefold() == "[events]"
            continue
        name, colon, value = stripped.partition(":")
        if not (is_events and colon):
            continue
        match name.casefold():
            case "format":
                fields = [field.strip().casefold() for field in value.split(",")]
                if not {"start", "end", "text"} <= set(fields):
                    raise UnreadableError(
                        sentence("the Format line names no Start, End and Text"), line=number
                    )
            case "dialogue":
                _read_dialogue(value.strip(), fields, builder, problems, number)
            case _:
                pass
    return [builder.build()]


def _read_dialogue(
    value: str, fields: Sequence[str], builder: TrackBuilder, problems: Problems, number: int
) -> None:
    parts = value.split(",", len(fields) - 1)
    if len(parts) < len(fields):
        problems.add(sentence("fields are missing"), line=number)
        return
    event = dict(zip(fields, parts, strict=True))
    start, end = CLOCK.fullmatch(event["start"].strip()), CLOCK.fullmatch(event["end"].strip())
    if start is None or end is None:
        problems.add(sentence("the times cannot be read"), line=number)
        return
    groups = ("sign", "h", "m", "s", "f")
    speaker = event.get("name", event.get("actor", ""))
    builder.add(
        to_ms(*start.group(*groups)),
        to_ms(*end.group(*groups)),
        speaker,
        strip_overrides(event["text"]),
        line=number,
    )


def strip_overrides(text: str) -> str:
    """Return the spoken text, without overrides and drawings."""
    if "{" in text:
        text = OVERRIDES.sub("", DRAWING.sub("", text))
    return text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ") if "\\" in text else text
