"""WebVTT."""

from __future__ import annotations

import re

from dubbing_core.languages import parse_language_code
from dubbing_core.timeline.builder import Budget, TrackBuilder
from dubbing_core.timeline.markup import read_cue_text
from dubbing_core.timeline.srt import TIMES, split_cues
from dubbing_core.timeline.tracks import Problems, Track, TrackKind

NAME = "WebVTT"
LANGUAGE = re.compile(r"^Language:[ \t]*([\w-]+)[ \t]*$", re.MULTILINE)


def read(text: str, problems: Problems, budget: Budget) -> list[Track]:
    """Read a file with newlines as in Unix."""
    builder = TrackBuilder(problems, budget)
    for start, end, line, block in split_cues(text, problems):
        # A cue ends at an empty line. What follows is a comment, a style, a region, or the identifier of the next cue.
        speaker, spoken = read_cue_text(_first_paragraph(block))
        builder.add(start, end, speaker, spoken, line=line)
    first = TIMES.search(text)
    header = LANGUAGE.search(text, 0, first.start() if first else len(text))
    return [builder.build(TrackKind.TEXT, parse_language_code(header[1]) if header else "")]


def _first_paragraph(block: str) -> str:
    lines = []
    for line in block.split("\n"):
        if not line.strip():
            break
        lines.append(line)
    return "\n".join(lines)
