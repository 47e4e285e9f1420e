"""Languages by their names in a path: `talk_hindi.mp4`, `Spanish/001.wav`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from dubbing_core.language_names import find_language
from dubbing_core.languages import PRODUCTS, SPOKEN_LANGUAGES, fold_language_tag

WORD_SEPARATORS = re.compile(r"[\s_.()\[\]-]+")
NUMBER = re.compile(r"v?\d+", re.IGNORECASE)
OTHER_WORDS = frozenset({"polish"})
"""Names of languages that are frequent words as well."""


def find_named_language(path: str, *, languages: Sequence[str] = ()) -> str:
    """Return the tag of the language whose name is in a path, or "".

    The name is that of a folder or the whole of the file's, or its last one or two words. Numbers, versions and words such as `audio` may
    follow. It is English or in the language itself.

    :param languages: tags of the session, which are returned as spelled there.
    """
    return _find(path, tuple(languages))


@lru_cache(maxsize=4096)
def _find(path: str, languages: tuple[str, ...]) -> str:
    for name in _list_candidates(path):
        tag = "" if name.casefold() in OTHER_WORDS else find_language(name)
        if tag.partition("-")[0] in SPOKEN_LANGUAGES:
            folded = fold_language_tag(tag)
            return next((each for each in languages if fold_language_tag(each) == folded), tag)
    return ""


def _list_candidates(path: str) -> Iterator[str]:
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0] or name
    words = [word for word in WORD_SEPARATORS.split(stem) if word]
    while words and (words[-1].casefold() in PRODUCTS or NUMBER.fullmatch(words[-1])):
        words.pop()
    yield from (*reversed(folders), " ".join(words), " ".join(words[-2:]), *words[-1:])
