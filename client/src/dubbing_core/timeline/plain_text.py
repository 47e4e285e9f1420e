"""Plain text: each line that is not empty is a line without times."""

from __future__ import annotations

from dubbing_core.timeline.builder import Budget, TrackBuilder
from dubbing_core.timeline.markup import split_speaker
from dubbing_core.timeline.tracks import Problems, Track

NAME = "Plain text"


def read(text: str, problems: Problems, budget: Budget) -> list[Track]:
    """Read a file with newlines as in Unix."""
    builder = TrackBuilder(problems, budget)
    for number, line in enumerate(text.split("\n"), 1):
        builder.add(None, None, *split_speaker(line.strip()), line=number)
    return [builder.build()]
