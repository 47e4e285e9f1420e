"""SBV, the subtitles of YouTube."""

from __future__ import annotations

import re

from dubbing_core.timeline.builder import Budget, TrackBuilder
from dubbing_core.timeline.clock import TIME, to_ms
from dubbing_core.timeline.tracks import Problems, Track

NAME = "SBV"
TIMES = re.compile(rf"^[ \t]*{TIME.format('a')}[ \t]*,[ \t]*{TIME.format('b')}[ \t]*$", re.MULTILINE)
SPEAKER = re.compile(r">>[ \t]*([^\n:]{1,60}):[ \t]*")


def read(text: str, problems: Problems, budget: Budget) -> list[Track]:
    """Read a file with newlines as in Unix."""
    builder = TrackBuilder(problems, budget)
    matches = list(TIMES.finditer(text))
    line, counted = 1, 0
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        block = text[match.end() + 1 : following.start() if following else len(text)].strip()
        speaker = SPEAKER.match(block)
        builder.add(
            to_ms(*match.group("asign", "ah", "am", "as", "af")),
            to_ms(*match.group("bsign", "bh", "bm", "bs", "bf")),
            speaker[1] if speaker else "",
            (block[speaker.end() :] if speaker else block).replace("[br]", "\n"),
            line=line,
        )
    return [builder.build()]
