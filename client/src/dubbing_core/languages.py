"""Language tags (BCP 47) as dubbing tools write them into file and folder names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import langcodes

# Language, script, region: all that tools write. Other numeric regions are take numbers: `hi-001` is Hindi, one.
TAG = re.compile(r"(?P<language>[a-z]{2,3})(-[a-z]{4})?(-([a-z]{2}|419))?", re.IGNORECASE)
REGION = re.compile(r"[A-Z]{2}|419|Hans|Hant|Latn|Cyrl")
TAG_LENGTH_LIMIT = 35
"""Characters of the longest tag that RFC 5646 section 4.4.1 counts on; foreign metadata may hold anything."""
SEPARATORS = re.compile(r"[\s_.]+")


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SPOKEN = words(
    "af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it iw ja jv ka"
    " kk km kn ko lo lt lv mk ml mn mr ms mt my nb ne nl no or pa pl ps pt ro ru si sk sl so sq sr su sv sw ta te"
    " th tr uk ur uz vi zh zu"
)
"""What speech engines speak. Other two-letter codes in the middle of a name are abbreviations more often."""
WORDS = words("am as be el he id is it lo mr ms my no or so")
"""Codes that are also words or titles, in the languages in which people name files."""
NEVER = words("as be my no or so")
"""Words that precede a product just as well: `my_audio`, `no_voice`, `so_final`."""
LONG = frozenset({"ceb", "cmn", "fil", "haw", "hmn", "wuu", "yue"})
"""Spoken languages that have no code of two letters."""

ENGINES = words(
    "aws azure bark chatterbox coqui cosyvoice custom edge eleven elevenlabs f5 gemini google gtts kokoro openai"
    " piper polly tts xtts"
)
PRODUCTS = words(
    "audio dub dubbed dubbing final mix mixed narration output speech sub subs subtitle subtitles track transcript"
    " translated translation translations tts video vocals voice voices"
)


def parse_language_tag(text: str, *, languages: Sequence[str] = ()) -> str:
    """The language that `text` as a whole is a tag of, or "".

    Tags in `languages` count however they look and come back as spelled there; others come back in the
    recommended form: `pt_br` -> `pt-BR`, `eng` -> `en`.
    """
    wanted = text.replace("_", "-").casefold()
    for tag in languages:
        if len(tag) <= TAG_LENGTH_LIMIT and tag.replace("_", "-").casefold() == wanted:
            return tag
    shape = TAG.fullmatch(wanted)
    if shape is None or not langcodes.tag_is_valid(wanted):
        return ""
    tag = langcodes.standardize_tag(wanted)
    language = tag.partition("-")[0]
    # Nearly every word of three letters is somebody's language: `sub`, `out`, `wav`, `raw`.
    return tag if len(language) == len("en") or language in LONG else ""


def find_language_tag(path: str, *, languages: Sequence[str] = ()) -> str:
    """The language a file's name or one of its folders tells, or "".

    1. A folder of its own: `hi/001.wav`.
    2. The whole name, or its last extension but one: `hi.srt`, `movie.hi.srt`.
    3. The places where tools put it: first, after the tool's own words, last.
    4. Any place, for a language in `languages`.
    """
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0] or name
    for whole in (*reversed(folders), stem, stem.rpartition(".")[2]):
        if tag := parse_language_tag(whole, languages=languages):
            return tag
    tokens = _tokens(stem, languages)
    return _placed(tokens, languages) or _anywhere(tokens, languages)


def _tokens(stem: str, languages: Sequence[str]) -> list[str]:
    """Split a name into words, keeping tags whole: `pt_BR_audio` -> `pt-BR`, `audio`."""
    words: list[str] = []
    for token in filter(None, SEPARATORS.split(stem)):
        words += [token] if parse_language_tag(token, languages=languages) else filter(None, token.split("-"))
    tokens: list[str] = []
    for word in words:
        joined = f"{tokens[-1]}-{word}" if tokens else ""
        if REGION.fullmatch(word) and parse_language_tag(joined, languages=languages):
            tokens[-1] = joined
        else:
            tokens.append(word)
    return tokens


def _placed(tokens: Sequence[str], languages: Sequence[str]) -> str:
    if not tokens:
        return ""
    lowered = [token.casefold() for token in tokens]
    own = next((at for at, word in enumerate(lowered) if word not in ENGINES | PRODUCTS), len(tokens) - 1)
    says_more = len(lowered) > 1 and lowered[1] in PRODUCTS and all(word.isdigit() for word in lowered[2:])
    places = [
        (0, says_more),
        (own, own > 0 and lowered[own - 1] in ENGINES),
        (len(tokens) - 1, False),
    ]
    for at, words_count in places:
        tag = parse_language_tag(tokens[at], languages=languages)
        if tag and (tag in languages or _is_meant(tokens[at].casefold(), words_count=words_count)):
            return tag
    return ""


def _is_meant(token: str, *, words_count: bool) -> bool:
    """Whether a valid tag is one here, and not a word or an abbreviation."""
    if "-" in token:
        return token.partition("-")[0] not in WORDS
    if token in WORDS:
        return words_count and token not in NEVER
    return token in SPOKEN


def _anywhere(tokens: Sequence[str], languages: Sequence[str]) -> str:
    for token in tokens:
        tag = parse_language_tag(token, languages=languages)
        if tag in languages and token.casefold() not in WORDS:
            return tag
    return ""
