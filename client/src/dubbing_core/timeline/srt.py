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
# A time has less than 40 characters: the bound keeps searches linear in long lines. So does a character between two runs of spaces.
CLOCK_LIKE = r"\S{0,40}(?:\d:|:\d)\S{0,40}"
ARROW = r"(?:\S{1,40}[ \t]*)?-->"
LIKE_TIMES = re.compile(
    rf"^[ \t]*\S{{0,40}}\d\S{{0,40}}[ \t]*-->|^[ \t]*-->[ \t]*\S{{0,40}}\d|^[ \t]*{ARROW}[ \t]*{CLOCK_LIKE}",
    re.MULTILINE,
)
UNREADABLE_TIMES = re.compile(rf"[ \t]*(?:{CLOCK_LIKE}[ \t]*-->|{ARROW}[ \t]*{CLOCK_LIKE})")
"""Times in which something is wrong: a digit is another character, or one of them is missing."""
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


def split_cues(text: str, problems: Problems) -> Iterator[tuple[int | None, int | None, int, str]]:
    """Yield start, end, line number of the times, and all text up to the next times.

    Times of which one cannot be read are both None. The newline before the next times is removed; that of the last cue is not.
    """
    matches = TIMES.finditer(text)
    match = next(matches, None)
    line, counted = 1, 0
    if match is not None:
        _, *others = _split_block(text, 0, max(0, match.start() - 1), 1, problems)
        yield from ((None, None, *other) for other in others)
    while match is not None:
        following = next(matches, None)
        line += text.count("\n", counted, match.start())
        counted = match.start()
        stop = len(text) if following is None else following.start() - 1
        start, end = to_ms(*match.group(*START)), to_ms(*match.group(*END))
        (_, block), *others = _split_block(text, match.end() + 1, stop, line + 1, problems)
        yield start, end, line, block
        yield from ((None, None, *other) for other in others)
        match = following


def _split_block(text: str, begin: int, stop: int, line: int, problems: Problems) -> list[tuple[int, str]]:
    """Split the text between readable times at those that cannot be read.

    :param line: number of the first line of the text.
    :returns: for each part the line number of its times, and its text; the first part belongs to the times before.
    """
    if text.find("-->", begin, max(begin, stop)) < 0:
        return [(line, text[begin:stop])]
    parts = []
    times_line, counted = line, begin
    for match in LIKE_TIMES.finditer(text, begin, stop):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        problems.add(sentence("the times cannot be read"), line=line)
        # Other lines with an arrow are text.
        if UNREADABLE_TIMES.match(text, match.start(), stop):
            parts.append((times_line, text[begin : max(begin, match.start() - 1)]))
            after = text.find("\n", match.start(), stop)
            times_line, begin = line, stop if after < 0 else after + 1
    return [*parts, (times_line, text[begin:stop])]
