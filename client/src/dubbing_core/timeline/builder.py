"""Builder of a track: checks and cleans each line, and enforces limits."""

from __future__ import annotations

import re

from dubbing_core.sentences import Number, sentence
from dubbing_core.timeline.tracks import Problems, Segment, Track, TrackKind, UnreadableError

SEGMENT_LIMIT = 250_000
"""Lines of a file: a week of continuous dialog."""
TEXT_LIMIT = 32_000_000
"""In characters, of all lines of a file."""
LINE_LIMIT = 10_000
"""In characters, of one line; longer ones are cut."""
SPEAKER_LIMIT = 200
"""In characters."""
TIME_LIMIT_MS = 10_000 * 3600 * 1000
LONG_MS = 24 * 3600 * 1000
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What PostgreSQL cannot store."""


class Budget:
    """What all tracks of a file may still contain."""

    def __init__(self) -> None:
        self.segments = SEGMENT_LIMIT
        self.characters = TEXT_LIMIT


class TrackBuilder:
    """Builder of one track."""

    def __init__(self, problems: Problems, budget: Budget) -> None:
        self.segments: list[Segment] = []
        self._problems = problems
        self._budget = budget

    def add(
        self,
        start: int | None,
        end: int | None,
        speaker: str,
        text: str,
        *,
        line: int | None = None,
    ) -> None:
        """Add a line; one without text is skipped.

        :param line: line number of its times in the file.
        :raises UnreadableError: the file has too many lines, or too much text.
        """
        if not text or not (text := text.strip()):
            return
        if len(text) > LINE_LIMIT:
            text = text[:LINE_LIMIT]
            self._problems.add(
                sentence(
                    "more than %(line_limit)s characters; the rest is left out", line_limit=Number(LINE_LIMIT)
                ),
                line=line,
            )
        budget = self._budget
        budget.segments -= 1
        budget.characters -= len(text)
        if budget.segments < 0:
            raise UnreadableError(
                sentence(
                    "has more than %(segment_limit)s lines of dialog", segment_limit=Number(SEGMENT_LIMIT)
                )
            )
        if budget.characters < 0:
            raise UnreadableError(
                sentence("has more than %(text_limit)s characters of text", text_limit=Number(TEXT_LIMIT))
            )
        if start is not None or end is not None:
            start, end = self._check_times(start, end, line)
        if not text.isascii():
            text = clean_text(text)
        if speaker:
            speaker = clean_text(speaker.strip())[:SPEAKER_LIMIT]
        self.segments.append(Segment(start, end, speaker, text))

    def build(self, kind: TrackKind = TrackKind.TEXT, language: str = "") -> Track:
        return Track(kind=kind, language=language, segments=self.segments)

    def _check_times(
        self, start: int | None, end: int | None, line: int | None
    ) -> tuple[int | None, int | None]:
        if start is not None and not 0 <= start <= TIME_LIMIT_MS:
            self._problems.add(sentence("the start is negative or out of range"), line=line)
            start = 0 if start < 0 else None
        if end is not None and not 0 <= end <= TIME_LIMIT_MS:
            self._problems.add(sentence("the end is negative or out of range"), line=line)
            end = 0 if end < 0 else None
        if start is not None and end is not None:
            if end < start:
                self._problems.add(sentence("end before start"), line=line)
            elif end - start > LONG_MS:
                self._problems.add(sentence("lasts more than a day"), line=line)
        return start, end


def clean_text(text: str) -> str:
    """Replace characters that databases cannot store."""
    return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
