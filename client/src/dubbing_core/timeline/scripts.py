"""Scripts of texts, to find tracks that claim another language."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from dubbing_core.languages import TAG_LENGTH_LIMIT
from dubbing_core.sentences import sentence, template

LETTERS_COUNTED = 2000
LETTERS_NEEDED = 20
"""Shorter texts may consist of names."""
MAIN_SHARE = 0.9
SCRIPTS = {
    "ARABIC": "Arab",
    "ARMENIAN": "Armn",
    "BENGALI": "Beng",
    "CJK": "Hani",
    "CYRILLIC": "Cyrl",
    "DEVANAGARI": "Deva",
    "ETHIOPIC": "Ethi",
    "GEORGIAN": "Geor",
    "GREEK": "Grek",
    "GUJARATI": "Gujr",
    "GURMUKHI": "Guru",
    "HANGUL": "Hang",
    "HEBREW": "Hebr",
    "HIRAGANA": "Kana",
    "KANNADA": "Knda",
    "KATAKANA": "Kana",
    "KHMER": "Khmr",
    "LAO": "Laoo",
    "LATIN": "Latn",
    "MALAYALAM": "Mlym",
    "MYANMAR": "Mymr",
    "SINHALA": "Sinh",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "THAI": "Thai",
}
"""ISO 15924 code by the first word of Unicode's names of letters; one for both Japanese syllabaries."""
LETTERS = {
    "Arab": template("Arabic letters"),
    "Armn": template("Armenian letters"),
    "Beng": template("Bengali letters"),
    "Cyrl": template("Cyrillic letters"),
    "Deva": template("Devanagari letters"),
    "Ethi": template("Ethiopic letters"),
    "Geor": template("Georgian letters"),
    "Grek": template("Greek letters"),
    "Gujr": template("Gujarati letters"),
    "Guru": template("Gurmukhi letters"),
    "Hang": template("Korean letters"),
    "Hani": template("Chinese letters"),
    "Hebr": template("Hebrew letters"),
    "Kana": template("Japanese letters"),
    "Khmr": template("Khmer letters"),
    "Knda": template("Kannada letters"),
    "Laoo": template("Lao letters"),
    "Latn": template("Latin letters"),
    "Mlym": template("Malayalam letters"),
    "Mymr": template("Myanmar letters"),
    "Sinh": template("Sinhala letters"),
    "Taml": template("Tamil letters"),
    "Telu": template("Telugu letters"),
    "Thai": template("Thai letters"),
}
WRITTEN_IN = {
    "Hans": {"Hani"},
    "Hant": {"Hani"},
    "Jpan": {"Hani", "Kana"},
    "Kore": {"Hang", "Hani"},
}
SEVERAL_SCRIPTS = frozenset(
    ["az", "bs", "hr", "ku", "kk", "ks", "ky", "mn", "ms", "pa", "sd", "sr", "tg", "tk", "tt", "ug", "uz"]
)
"""Languages that are written in several scripts."""


def detect_script(texts: Iterable[str]) -> str:
    """Return the script of nearly all letters; "" if there are several or few."""
    counts: Counter[str] = Counter()
    letters = 0
    for text in texts:
        for character in text:
            if character.isalpha():
                counts[_get_script(character)] += 1
                letters += 1
        if letters >= LETTERS_COUNTED:
            break
    if letters < LETTERS_NEEDED:
        return ""
    script, count = counts.most_common(1)[0]
    return script if count >= MAIN_SHARE * letters else ""


def describe_other_script(language: str, script: str) -> str:
    """Return that a text is not in a script of its language, as a clause; "" if it is.

    :param script: from `detect_script`.
    """
    expected = _get_expected_scripts(language)
    if not script or not expected or script in expected:
        return ""
    return sentence(
        "is labeled %(language)s, but its text is in %(letters)s",
        language=language,
        letters=sentence(LETTERS[script]),
    )


@lru_cache(maxsize=4096)
def _get_script(character: str) -> str:
    return SCRIPTS.get(unicodedata.name(character, "").partition(" ")[0], "")


@lru_cache(maxsize=1024)
def _get_expected_scripts(language: str) -> frozenset[str]:
    """Return the scripts in which a language is written; none if they are not known."""
    import langcodes  # noqa: PLC0415 (slow to import; short commands of the client do not need it)

    tag = language.replace("_", "-")
    if not tag or len(tag) > TAG_LENGTH_LIMIT or not langcodes.tag_is_valid(tag):
        return frozenset()
    parsed = langcodes.Language.get(tag)
    if parsed.language in SEVERAL_SCRIPTS and not parsed.script:
        return frozenset()
    script = parsed.maximize().script or ""
    return frozenset(WRITTEN_IN.get(script, {script} & LETTERS.keys()))
