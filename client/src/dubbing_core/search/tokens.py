"""Tokens: what the index contains of a text.

Scripts with spaces give words. Those without (Chinese, Japanese, Thai, ...), and Korean, give each pair of neighboring
characters and the last character, so that any part of a text is found by its pairs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from dubbing_core.search.folding import IGNORED, fold_text
from dubbing_core.unspaced_scripts import UNSPACED

TOKENIZER_VERSION = 1
"""Increased when the same text gives other tokens or another folded form, so that texts are indexed again."""
MAX_WORD = 64
"""In characters; the rest of a longer word is not indexed."""
MARKED = range(0x300, 0x1F000)
"""Code points among which combining marks are."""
SEPARATOR = "|"
"""Between texts of one row: no phrase matches across it."""
PAIRED = f"{UNSPACED}\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb"
"""Those and Hangul, for a set of characters."""
_WRAPPED = re.compile(f"(?<=[{PAIRED}])\n(?=[{PAIRED}])")


class Run(NamedTuple):
    """A word, or a sequence of characters of scripts without spaces."""

    text: str
    start: int
    is_word: bool


@lru_cache(maxsize=1)
def _get_pattern() -> re.Pattern[str]:
    marks = "".join(chr(code) for code in MARKED if unicodedata.category(chr(code)).startswith("M"))
    return re.compile(f"([{PAIRED}]+)|(?:[^\\W_{PAIRED}]+[{marks}{IGNORED}]*)+")


def find_runs(text: str) -> Iterator[Run]:
    """Yield the runs of a text, folded or not."""
    for match in _get_pattern().finditer(text):
        yield Run(match.group(), match.start(), match.group(1) is None)


def split_pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]


def tokenize(text: str) -> list[str]:
    """Return the tokens of a text, in its order."""
    tokens: list[str] = []
    for run in _fold_runs(text):
        tokens += [run.text[:MAX_WORD]] if run.is_word else split_pairs(run.text)
    return tokens


def fold_line(text: str) -> str:
    """Return the folded runs of a text, each between spaces.

    Terms that it contains are parts of it. Without any run it is empty.
    """
    runs = [run.text[:MAX_WORD] if run.is_word else run.text for run in _fold_runs(text)]
    return join_tokens(runs) if runs else ""


def _fold_runs(text: str) -> Iterator[Run]:
    return find_runs(_WRAPPED.sub("", fold_text(text)))


def join_tokens(tokens: list[str]) -> str:
    """Return tokens as stored: each between spaces, so that phrases are substrings."""
    return f" {' '.join(tokens)} "
