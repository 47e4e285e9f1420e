"""Lines made of words, where speech recognition returns nothing longer."""

from __future__ import annotations

from typing import NamedTuple

from dubbing_core.timeline.builder import TrackBuilder
from dubbing_core.unspaced_scripts import is_unspaced

PAUSE_MS = 1000
WORDS_IN_LINE = 14
WORD_LIMIT = 500_000
SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！", "।", "؟")


class Word(NamedTuple):
    start_ms: int | None
    end_ms: int | None
    speaker: str
    text: str


def add_lines(words: list[Word], builder: TrackBuilder) -> None:
    """Join words into lines: up to a sentence's end, a pause, or another speaker."""
    line: list[Word] = []
    for word in words:
        if not word.text.strip():
            continue
        if line and _begins_line(line, word):
            _finish(line, builder)
            line = []
        line.append(word)
    if line:
        _finish(line, builder)


def _begins_line(line: list[Word], word: Word) -> bool:
    last = line[-1]
    if word.speaker != last.speaker or len(line) >= WORDS_IN_LINE:
        return True
    if last.text.rstrip().endswith(SENTENCE_ENDS):
        return True
    return last.end_ms is not None and word.start_ms is not None and word.start_ms - last.end_ms > PAUSE_MS


def _finish(line: list[Word], builder: TrackBuilder) -> None:
    text = ""
    for word in line:
        piece = word.text.strip()
        text += piece if not text or is_unspaced(piece) else f" {piece}"
    starts = [word.start_ms for word in line if word.start_ms is not None]
    ends = [word.end_ms for word in line if word.end_ms is not None]
    builder.add(starts[0] if starts else None, ends[-1] if ends else None, line[0].speaker, text)
