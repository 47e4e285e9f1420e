"""Queries: what a user types into a search box."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dubbing_core.search.folding import fold_text
from dubbing_core.search.tokens import MAX_WORD, find_runs, split_pairs

MIN_PREFIX = 3
"""Length of words that also find longer ones; shorter words begin too many."""
MAX_TERMS = 12
_PHRASES = re.compile(r'["“”„«»「」]([^"“”„«»「」]+)["“”„«»「」]')


@dataclass(frozen=True)
class Piece:
    """A word, or a sequence of characters of scripts without spaces."""

    text: str
    is_word: bool


@dataclass(frozen=True)
class Term:
    """A part of a query; a text that matches contains its pieces one after another."""

    pieces: tuple[Piece, ...]
    is_prefix: bool
    """Whether the last piece may be the beginning of a word."""

    @property
    def tokens(self) -> list[str]:
        tokens: list[str] = []
        for piece in self.pieces:
            tokens += [piece.text] if piece.is_word else split_pairs(piece.text)
        last = self.pieces[-1]
        # What follows in a matching text is unknown: its last pair ends there, or continues.
        return tokens if last.is_word or len(last.text) == 1 else tokens[:-1]

    @property
    def needle(self) -> str:
        """The part of a folded line that contains the term."""
        first, last = self.pieces[0], self.pieces[-1]
        text = " ".join(piece.text for piece in self.pieces)
        return f"{' ' if first.is_word else ''}{text}{' ' if last.is_word and not self.is_prefix else ''}"

    @property
    def has_prefix_token(self) -> bool:
        last = self.pieces[-1]
        return self.is_prefix if last.is_word else len(last.text) == 1


@dataclass(frozen=True)
class Query:
    """Terms, all of which a matching text contains."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def tokens(self) -> dict[str, bool]:
        """The tokens of all terms, and whether each is only the beginning of one."""
        tokens: dict[str, bool] = {}
        for term in self.terms:
            words = term.tokens
            for at, word in enumerate(words):
                is_prefix = term.has_prefix_token and at == len(words) - 1
                tokens[word] = tokens.get(word, True) and is_prefix
        return tokens

    @property
    def needles(self) -> list[str]:
        """The parts that a folded line contains, the longest first."""
        return sorted((term.needle for term in self.terms), key=len, reverse=True)

    @property
    def sequences(self) -> list[str]:
        """Tokens that must be adjacent, as parts of stored tokens."""
        return [
            f" {' '.join(term.tokens)}{'' if term.has_prefix_token else ' '}"
            for term in self.terms
            if len(term.tokens) > 1
        ]


def parse_query(text: str) -> Query:
    """Return the terms of a query; none if it contains neither letters nor digits.

    Words find words that begin with them, words of one or two letters only the same word; characters of scripts without
    spaces are found anywhere. A text in quotation marks is found as it is.
    """
    terms: list[Term] = []
    rest = 0
    for match in _PHRASES.finditer(text):
        terms += _split_words(text[rest : match.start()])
        if pieces := _find_pieces(match.group(1)):
            terms.append(Term(tuple(pieces), is_prefix=False))
        rest = match.end()
    terms += _split_words(text[rest:])
    return Query(tuple(dict.fromkeys(terms))[:MAX_TERMS])


def _split_words(text: str) -> list[Term]:
    return [
        Term((piece,), is_prefix=piece.is_word and MIN_PREFIX <= len(piece.text) < MAX_WORD)
        for piece in _find_pieces(text)
    ]


def _find_pieces(text: str) -> list[Piece]:
    return [
        Piece(run.text[:MAX_WORD] if run.is_word else run.text, run.is_word)
        for run in find_runs(fold_text(text))
    ]
