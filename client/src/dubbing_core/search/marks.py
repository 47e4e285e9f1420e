"""Marks: the parts of a text that a query matches."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from dubbing_core.search.folding import fold_text
from dubbing_core.search.query import Piece, Query, Term
from dubbing_core.search.tokens import Run, find_runs
from dubbing_core.text_part import TextPart

Range = tuple[int, int]
EXCERPT = 160
"""In characters."""
BEFORE_MARK = 40
"""Characters of an excerpt before its first mark, at most."""
ELLIPSIS = "…"
_UNBROKEN = re.compile(r"\S+")


class _Places(Protocol):
    def __getitem__(self, at: int, /) -> Range: ...


class _FoldedRun(NamedTuple):
    text: str
    start: int
    """Of the part of the text that it is in."""
    places: _Places
    """Of each folded character in that part."""
    is_word: bool

    def get_range(self, first: int, last: int) -> Range:
        """Return the original range of folded characters, the last one included."""
        return self.start + self.places[first][0], self.start + self.places[last][1]


def find_matched_terms(text: str, query: Query) -> set[Term]:
    """Return the terms that a text contains."""
    runs = _fold_runs(text)
    return {term for term in query.terms if any(_find_term(runs, term))}


def find_marks(text: str, query: Query) -> list[Range]:
    """Return the matched parts of a text, in its order, without overlaps.

    Words are marked as a whole: letters of many scripts change their form beside others.
    """
    runs = _fold_runs(text)
    marks: list[Range] = []
    for start, end in sorted({found for term in query.terms for found in _find_term(runs, term)}):
        if marks and start <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
        else:
            marks.append((start, end))
    return marks


def mark_parts(text: str, query: Query, *, limit: int = EXCERPT) -> list[TextPart]:
    """Return a text as marked and other parts.

    Of a text longer than `limit` an excerpt around the first mark.
    """
    marks = find_marks(text, query)
    first = 0
    if len(text) > limit and marks and marks[0][1] > limit:
        first = max(0, marks[0][0] - BEFORE_MARK)
    last = min(len(text), first + limit)
    parts = [TextPart(ELLIPSIS, is_marked=False)] if first else []
    at = first
    for start, end in marks:
        if start >= last:
            break
        parts += [
            TextPart(text[at:start], is_marked=False),
            TextPart(text[start : min(end, last)], is_marked=True),
        ]
        at = min(end, last)
    parts.append(TextPart(text[at:last] + (ELLIPSIS if last < len(text) else ""), is_marked=False))
    return [part for part in parts if part.text]


def mark_occurrences(text: str, requested: str) -> list[TextPart]:
    """Return a text in parts, with the occurrences of another text marked.

    Both are folded.
    """
    run, requested = _fold_characters(text, 0), fold_text(requested)
    parts: list[TextPart] = []
    at, found = 0, run.text.find(requested) if requested else -1
    while found >= 0:
        start, end = run.get_range(found, found + len(requested) - 1)
        parts += [TextPart(text[at:start], is_marked=False), TextPart(text[start:end], is_marked=True)]
        at, found = end, run.text.find(requested, found + len(requested))
    parts.append(TextPart(text[at:], is_marked=False))
    return [part for part in parts if part.text]


@lru_cache(maxsize=1024)
def _fold_runs(text: str) -> tuple[_FoldedRun, ...]:
    # The names of languages are compared with each query, for each session.
    return tuple(
        _FoldedRun(run_text, part.start(), places, is_word)
        for part in _UNBROKEN.finditer(text)
        for run_text, _, places, is_word in _fold_part(part.group())
    )


@lru_cache(maxsize=8192)
def _fold_part(text: str) -> tuple[_FoldedRun, ...]:
    """Fold a part without blanks, which are in no run.

    Most words of a text are frequent ones.
    """
    return tuple(_fold_run(run) for run in find_runs(text))


def _fold_run(run: Run) -> _FoldedRun:
    if run.is_word:
        folded = fold_text(run.text)
        places = [(run.start, run.start + len(run.text))] * len(folded)
        return _FoldedRun(folded, 0, places, is_word=True)
    return _fold_characters(run.text, run.start)


def _fold_characters(text: str, offset: int) -> _FoldedRun:
    if fold_text(text) == text:  # most texts, in a tenth of the time
        return _FoldedRun(text, 0, _Clusters(text, offset), is_word=False)
    folded, places = "", []
    for start, end in _find_clusters(text):
        piece = fold_text(text[start:end])
        folded += piece
        places += [(offset + start, offset + end)] * len(piece)
    return _FoldedRun(folded, 0, places, is_word=False)


@dataclass(frozen=True)
class _Clusters:
    """Range of a character with the marks that follow it, of each place in a text."""

    text: str
    offset: int
    """Added to all places."""

    def __getitem__(self, at: int) -> Range:
        start, end = at, at + 1
        while start and _is_mark(self.text[start]):
            start -= 1
        while end < len(self.text) and _is_mark(self.text[end]):
            end += 1
        return self.offset + start, self.offset + end


def _find_clusters(text: str) -> Iterator[Range]:
    """Yield the ranges of characters, each with the marks that follow it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not _is_mark(text[at]):
            yield start, at
            start = at


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mn" or character in "\uff9e\uff9f"


def _find_term(runs: Sequence[_FoldedRun], term: Term) -> Iterator[Range]:
    """Yield the ranges of a term's occurrences."""
    first, *inner = term.pieces
    if not inner:
        yield from _find_piece(runs, first, is_prefix=term.is_prefix)
        return
    last = inner.pop()
    for at in range(len(runs) - len(term.pieces) + 1):
        if not _ends_with(runs[at], first):
            continue
        between, end = runs[at + 1 : at + len(term.pieces) - 1], runs[at + len(term.pieces) - 1]
        if all(map(_equals, between, inner)) and _starts_with(end, last):
            start = len(runs[at].text) - len(first.text)
            yield runs[at].get_range(start, start)[0], end.get_range(0, len(last.text) - 1)[1]


def _find_piece(runs: Iterable[_FoldedRun], piece: Piece, *, is_prefix: bool) -> Iterator[Range]:
    text = piece.text
    for run in runs:
        if text not in run.text or run.is_word != piece.is_word:
            continue
        if run.is_word:
            if run.text == text or (is_prefix and run.text.startswith(text)):
                yield run.get_range(0, 0)
            continue
        at = run.text.find(text)
        while at >= 0:
            yield run.get_range(at, at + len(text) - 1)
            at = run.text.find(text, at + 1)


def _equals(run: _FoldedRun, piece: Piece) -> bool:
    return run.text == piece.text


def _ends_with(run: _FoldedRun, piece: Piece) -> bool:
    return run.text == piece.text if run.is_word else not piece.is_word and run.text.endswith(piece.text)


def _starts_with(run: _FoldedRun, piece: Piece) -> bool:
    return run.text == piece.text if run.is_word else not piece.is_word and run.text.startswith(piece.text)
