"""Folding: texts that readers take for the same become equal."""

from __future__ import annotations

import re
import unicodedata

# Accents, vowel points of Hebrew and Arabic, the Devanagari nukta, and characters that no reader sees.
IGNORED = (
    "\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u093c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\ufe00-\ufe0f\ufeff"
)
_IGNORED = re.compile(f"[{IGNORED}]")
_VARIANTS = str.maketrans({"\u0643": "\u06a9", "\u0649": "\u06cc", "\u064a": "\u06cc"})
"""Arabic letters that keyboards of other languages write with another character."""
_NASALS = re.compile(
    "[\u0901]|\u0919\u094d(?=[\u0915-\u0918])|\u091e\u094d(?=[\u091a-\u091d])|\u0923\u094d(?=[\u091f-\u0922])"
    "|\u0928\u094d(?=[\u0924-\u0927])|\u092e\u094d(?=[\u092a-\u092d])"
)
"""Nasals that Hindi writes as a letter or as the sign anusvara."""
_DEVANAGARI = re.compile("[\u0900-\u097f]")


def fold_text(text: str) -> str:
    """Return text in the form used for search.

    Case, width, accents and vowel points do not matter: `Café` -> `cafe`, `Straße` -> `strasse`.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    folded = unicodedata.normalize("NFC", _IGNORED.sub("", decomposed)).translate(_VARIANTS)
    return _NASALS.sub("\u0902", folded) if _DEVANAGARI.search(folded) else folded
