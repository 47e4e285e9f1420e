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

TOKENIZER_VERSION = 1
"""Increased when the same text gives other tokens or another folded form, so that texts are indexed again."""
MAX_WORD = 64
"""In characters; the rest of a longer word is not indexed."""
MARKED = range(0x300, 0x1F000)
"""Code points among which combining marks are."""
SEPARATOR = "|"
"""Between texts of one row: no phrase matches across it."""
UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59"  # Thai
    "\u0e81-\u0eff"  # Lao
    "\u1000-\u1049\u1050-\u109f\ua9e0-\ua9fe\uaa60-\uaa7f"  # Burmese
    "\u1780-\u17d3\u17dc-\u17e9"  # Khmer
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb"  # Hangul
    "\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31f0-\u31ff\uff66-\uff9f"  # Kana, Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_WRAPPED = re.compile(f"(?<=[{UNSPACED}])\n(?=[{UNSPACED}])")


class Run(NamedTuple):
    """A word, or a sequence of characters of scripts without spaces."""

    text: str
    start: int
    is_word: bool


@lru_cache(maxsize=1)
def _get_pattern() -> re.Pattern[str]:
    marks = "".join(chr(code) for code in MARKED if unicodedata.category(chr(code)).startswith("M"))
    return re.compile(f"([{UNSPACED}]+)|(?:(?![{UNSPACED}])[^\\W_][{marks}{IGNORED}]*)+")


def find_runs(text: str) -> Iterator[Run]:
    """Yield the runs of a text, folded or not."""
    for match in _get_pattern().finditer(text):
        yield Run(match.group(), match.start(), match.group(1) is None)


def split_pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]


def tokenize(text: str) -> list[str]:
    """Return the tokens of a text, in its order."""
    folded = _WRAPPED.sub("", fold_text(text))
    tokens: list[str] = []
    for run in find_runs(folded):
        tokens += [run.text[:MAX_WORD]] if run.is_word else split_pairs(run.text)
    return tokens


def join_tokens(tokens: list[str]) -> str:
    """Return tokens as stored: each between spaces, so that phrases are substrings."""
    return f" {' '.join(tokens)} "
