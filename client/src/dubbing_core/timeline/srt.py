"""SubRip, in all the variants that tools write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dubbing_core.sentences import sentence
from dubbing_core.timeline.builder import Budget, TrackBuilder
from dubbing_core.timeline.clock import TIME, to_ms
from dubbing_core.timeline.markup import split_speaker, strip_markup
from dubbing_core.timeline.tracks import Problems, Track

NAME = "SubRip"
TIMES = re.compile(
    rf"^[ \t]*{TIME.format('a')}[ \t]*--?>[ \t]*{TIME.format('b')}(?P<settings>[^\S\n][^\n]*)?$",
    re.MULTILINE,
)
START = ("asign", "ah", "am", "as", "af")
END = ("bsign", "bh", "bm", "bs", "bf")
LIKE_TIMES = re.compile(r"^[ \t]*\S*\d\S*[ \t]*-->|^[ \t]*-->[ \t]*\S*\d", re.MULTILINE)
INDEX = re.compile(r"(?:\A|\n)[ \t]*\d+[ \t]*\Z")


def read(text: str, problems: Problems, budget: Budget) -> list[Track]:
    """Read a file with newlines as in Unix."""
    builder = TrackBuilder(problems, budget)
    for start, end, line, block in split_cues(text, problems):
        # The number of the next cue is directly above its times.
        index = INDEX.search(block)
        speaker, spoken = split_speaker(strip_markup(block[: index.start()] if index else block).strip())
        builder.add(start, end, speaker, spoken, line=line)
    return [builder.build()]


def split_cues(text: str, problems: Problems) -> Iterator[tuple[int, int, int, str]]:
    """Yield start, end, line number of the times, and all text up to the next times.

    The newline before the next times is removed; that of the last cue is not.
    """
    matches = TIMES.finditer(text)
    match = next(matches, None)
    line, counted = 1, 0
    if match is not None:
        _report_bad_times(text, 0, match.start(), 1, problems)
    while match is not None:
        following = next(matches, None)
        line += text.count("\n", counted, match.start())
        counted = match.start()
        stop = len(text) if following is None else following.start() - 1
        start, end = to_ms(*match.group(*START)), to_ms(*match.group(*END))
        if "-->" in (block := text[match.end() + 1 : stop]):
            _report_bad_times(text, match.end() + 1, stop, line + 1, problems)
        yield start, end, line, block
        match = following


def _report_bad_times(text: str, begin: int, stop: int, line: int, problems: Problems) -> None:
    for match in LIKE_TIMES.finditer(text, begin, max(begin, stop)):
        problems.add(sentence("the times cannot be read"), line=line + text.count("\n", begin, match.start()))
