"""Names written from right to left in sentences of the other direction.

Without isolation they reorder punctuation and numbers beside them (Unicode UAX 9). Templates use `<bdi>`; these functions are for
texts without elements: notices, titles, labels.
"""

from __future__ import annotations

import re

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001eeff]"
)
QUOTED = re.compile("(?<=“)[^“”]+(?=”)|(?<=„)[^„“]+(?=“)")
"""Names in sentences of the portal."""


def isolate(name: str) -> str:
    """Return a name that leaves the order of the words around it."""
    return f"{FIRST_STRONG_ISOLATE}{name}{POP_ISOLATE}" if RIGHT_TO_LEFT.search(name) else name


def isolate_quoted(text: str) -> str:
    """Isolate each name in quotation marks."""
    return QUOTED.sub(lambda name: isolate(name[0]), text)
