"""Words that differ between two texts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import groupby

from dubbing_core.text_part import TextPart
from dubbing_core.unspaced_scripts import is_unspaced

CELL_LIMIT = 400_000
"""Product of the numbers of words up to which texts are compared; beyond, all between common ends counts as changed."""
MIN_COMMON = 0.25
"""Share of common words below which a text counts as changed as a whole: single common words only distract."""
JOINERS = "\u200c\u200d"


def mark_words(before: str, after: str) -> tuple[list[TextPart], list[TextPart]]:
    """Return both texts in parts, those that differ marked.

    The parts of each text, joined, are the text.
    """
    old, new = split_words(before), split_words(after)
    # Line breaks and runs of spaces are equal: a line that was split has the same words.
    old_keys, new_keys = ([" " if word.isspace() else word for word in words] for words in (old, new))
    start = _count_common(old_keys, new_keys)
    end = _count_common(old_keys[start:][::-1], new_keys[start:][::-1])
    old_middle, new_middle = old_keys[start : len(old) - end], new_keys[start : len(new) - end]
    old_flags, new_flags = [True] * len(old_middle), [True] * len(new_middle)
    if len(old_middle) * len(new_middle) <= CELL_LIMIT:
        for block in SequenceMatcher(None, old_middle, new_middle, autojunk=False).get_matching_blocks():
            old_flags[block.a : block.a + block.size] = [False] * block.size
            new_flags[block.b : block.b + block.size] = [False] * block.size
    results = []
    for words, flags in ((old, old_flags), (new, new_flags)):
        results.append([*[False] * start, *flags, *[False] * end])
        common = sum(not word.isspace() and not flag for word, flag in zip(words, results[-1], strict=True))
        total = sum(not word.isspace() for word in words)
        if common < MIN_COMMON * total:
            return _join(old, [True] * len(old)), _join(new, [True] * len(new))
    return _join(old, results[0]), _join(new, results[1])


def split_words(text: str) -> list[str]:
    """Return words, spaces and single other characters; joined, they are the text.

    Of scripts without spaces, each character is a word.
    """
    words: list[str] = []
    last = ""
    for character in text:
        kind = _get_kind(character, last)
        if words and (kind == "mark" or (kind == last and kind in {"space", "word"})):
            words[-1] += character
        else:
            words.append(character)
        last = last if kind == "mark" else kind
    return words


def _get_kind(character: str, last: str) -> str:
    if character.isspace():
        return "space"
    if character.isalnum():
        return "unspaced" if is_unspaced(character) else "word"
    if unicodedata.category(character).startswith("M") or character in JOINERS:
        return "mark"
    # "don't" is one word.
    return "word" if character in "'’" and last == "word" else "other"


def _count_common(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the number of equal words at the beginning."""
    count = 0
    for one, other in zip(first, second):  # noqa: B905 (up to the end of the shorter one)
        if one != other:
            break
        count += 1
    return count


def _join(words: Sequence[str], flags: Sequence[bool]) -> list[TextPart]:
    marked = list(zip(words, _mark_spaces(words, flags), strict=True))
    return [
        TextPart("".join(word for word, _ in group), is_marked)
        for is_marked, group in groupby(marked, key=lambda pair: pair[1])
    ]


def _mark_spaces(words: Sequence[str], flags: Sequence[bool]) -> Iterable[bool]:
    """Mark spaces between two changed words, so that they are shown as one change."""
    final = len(words) - 1
    return (
        flag or (word.isspace() and 0 < index < final and flags[index - 1] and flags[index + 1])
        for index, (word, flag) in enumerate(zip(words, flags, strict=True))
    )
