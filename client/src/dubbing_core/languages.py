"""Language tags (BCP 47, RFC 5646) in the file names of dubbing tools."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

# Language, script, region, as tools write them. Numbers are takes (`hi-001`, `hi-419`), except for Latin America's languages.
TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-[a-z]{2})?|(es|pt)-419", re.IGNORECASE)
CODE = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?")
REGION = re.compile(r"[A-Z]{2}|419|Hans|Hant|Latn|Cyrl")
WRITTEN_TAG = re.compile(r"([a-z]{2})[-_]([A-Z]{2})")
"""Language and region with their usual cases, which set an invalid region apart from a word: `hi-HI`, not `da-da`."""
UNKNOWN_REGIONS = ("-XX", "-ZZ")
"""Regions that stand for none, as in the language codes of translation models: `es_XX`."""
TAG_LENGTH_LIMIT = 35
"""In characters: the longest tag for which RFC 5646 section 4.4.1 requires room."""
SEPARATORS = re.compile(r"[\s_.]+")


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


RIGHT_TO_LEFT_LANGUAGES = _split("ar arc arz ckb dv fa he iw khw ks nqo pnb ps sd ug ur yi")
RIGHT_TO_LEFT_SCRIPTS = _split("adlm arab aran hebr mand nkoo rohg samr syrc thaa")
SCRIPT_LENGTH = 4
SPOKEN_LANGUAGES = _split(
    "af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it iw ja jv ka"
    " kk km kn ko lo lt lv mk ml mn mr ms mt my nb ne nl no or pa pl ps pt ro ru si sk sl so sq sr su sv sw ta te"
    " th tr uk ur uz vi zh zu"
)
"""Languages of speech engines. Other two-letter codes in the middle of a name are abbreviations more often."""
AMBIGUOUS_CODES = _split("am as be el he id is it lo mr ms my no or so")
"""Codes that are also words or titles in the languages in which people name files."""
UNSAFE_PREFIXES = _split("as be my no or so")
"""Words that often precede a product's name: `my_audio`, `no_voice`, `so_final`."""
THREE_LETTER_LANGUAGES = frozenset({"ceb", "cmn", "fil", "haw", "hmn", "wuu", "yue"})
"""Spoken languages without a two-letter code."""

ENGINES = _split(
    "aws azure bark chatterbox coqui cosyvoice custom edge eleven elevenlabs f5 gemini google gtts kokoro openai"
    " piper polly tts xtts"
)
PRODUCTS = _split(
    "audio captions dub dubbed dubbing final mix mixed narration output speech sub subs subtitle subtitles track transcript"
    " translated translation translations tts video vocals voice voices"
)


def parse_language_tag(text: str, *, languages: Sequence[str] = ()) -> str:
    """Return the tag that the whole `text` is, or "".

    A tag in `languages` matches in any spelling and is returned as spelled there; other tags are returned in the
    recommended form: `pt_br` -> `pt-BR`, `eng` -> `en`. A region that does not exist is left out: `hi-HI` -> `hi`.
    """
    folded = text.replace("_", "-").casefold()
    for tag in languages:
        if len(tag) <= TAG_LENGTH_LIMIT and tag.replace("_", "-").casefold() == folded:
            return tag
    if TAG.fullmatch(folded) is None:
        return ""
    return _standardize_tag(folded) or _standardize_tag(_remove_invalid_region(text))


def _remove_invalid_region(text: str) -> str:
    """Return the language of a tag whose region does not exist, or "".

    Where the region is another language, the name is that of a pair: `en-JA`.
    """
    match = WRITTEN_TAG.fullmatch(text)
    if match is None:
        return ""
    language, region = match[1], match[2].casefold()
    is_pair = region in SPOKEN_LANGUAGES and region != language
    return "" if is_pair or language not in SPOKEN_LANGUAGES - AMBIGUOUS_CODES else language


@lru_cache(maxsize=4096)
def _standardize_tag(folded: str) -> str:
    """Return the recommended form of a tag, or "" if it is none of a spoken language."""
    import langcodes  # noqa: PLC0415 (slow to import; short commands of the client do not need it)

    if not langcodes.tag_is_valid(folded):
        return ""
    tag = _remove_unknown_region(langcodes.standardize_tag(folded), folded)
    language = tag.partition("-")[0]
    # Nearly every three-letter word is a language code: `sub`, `out`, `wav`, `raw`.
    return tag if len(language) == len("en") or language in THREE_LETTER_LANGUAGES else ""


def is_right_to_left(tag: str) -> bool:
    """Return whether a language is written from right to left.

    Its script decides, if the tag has one.
    """
    language, *rest = fold_language_tag(tag).split("-")
    scripts = [part for part in rest if len(part) == SCRIPT_LENGTH]
    return scripts[0] in RIGHT_TO_LEFT_SCRIPTS if scripts else language in RIGHT_TO_LEFT_LANGUAGES


def _remove_unknown_region(tag: str, folded: str) -> str:
    """Return a tag without a region that stands for none: `es-XX`, `uk-UK`.

    The latter repeats the language, and was replaced as obsolete: `uk-GB`.

    :param tag: the standard form of `folded`.
    """
    language, _, region = folded.partition("-")
    is_repeated = region == language and not tag.casefold().endswith(f"-{region}")
    return tag.partition("-")[0] if is_repeated or tag.endswith(UNKNOWN_REGIONS) else tag


def fold_language_tag(tag: str) -> str:
    """Fold a tag: equal results mean the same language, in any spelling."""
    return tag.replace("_", "-").casefold()


def is_same_language(language: str, others: Collection[str]) -> bool:
    """Return whether a folded language may be one of some others; "" is unknown."""
    return language in others or bool(others and not language) or "" in others


@lru_cache(maxsize=4096)
def parse_language_code(text: str) -> str:
    """Return the tag of a text that a tool wrote where only a language can be, or "".

    Three-letter codes are valid here: `cat` -> `ca`, `ast` -> `ast`.
    """
    folded = text.strip().replace("_", "-").casefold()
    if CODE.fullmatch(folded) is None:
        return ""
    import langcodes  # noqa: PLC0415 (slow to import; short commands of the client do not need it)

    for candidate in (folded, folded.rpartition("-")[0]):  # a region may not exist: `hi-HI`
        if candidate and langcodes.tag_is_valid(candidate):
            return _remove_unknown_region(langcodes.standardize_tag(candidate), candidate)
    return ""


def find_language_tag(path: str, *, languages: Sequence[str] = ()) -> str:
    """Return the language tag in a path, or "".

    The first match wins:

    1. the name of a folder: `hi/001.wav`;
    2. the whole name, or its last extension but one: `hi.srt`, `movie.hi.srt`;
    3. the positions in a name where tools write it: first, after the engine's name, last;
    4. any position, for a tag in `languages`.
    """
    return _find_tag(path, tuple(languages))


@lru_cache(maxsize=4096)
def _find_tag(path: str, languages: tuple[str, ...]) -> str:
    # A save looks at every name of a session, and finds the same as the save before.
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0] or name
    for candidate in (*reversed(folders), stem, stem.rpartition(".")[2]):
        if tag := parse_language_tag(candidate, languages=languages):
            return tag
    tokens = _tokenize(stem, languages)
    return _find_in_usual_positions(tokens, languages) or _find_session_language(tokens, languages)


def _tokenize(stem: str, languages: Sequence[str]) -> list[str]:
    """Split a name into words and whole tags: `pt_BR_audio` -> `pt-BR`, `audio`."""
    words: list[str] = []
    for token in filter(None, SEPARATORS.split(stem)):
        is_tag = parse_language_tag(token, languages=languages)
        words += [token] if is_tag else filter(None, token.split("-"))
    tokens: list[str] = []
    for word in words:
        joined = f"{tokens[-1]}-{word}" if tokens else ""
        if REGION.fullmatch(word) and parse_language_tag(joined, languages=languages):
            tokens[-1] = joined
        else:
            tokens.append(word)
    return tokens


def _find_in_usual_positions(tokens: Sequence[str], languages: Sequence[str]) -> str:
    if not tokens:
        return ""
    words = [token.casefold() for token in tokens]
    first_other = next(
        (at for at, word in enumerate(words) if word not in ENGINES | PRODUCTS), len(words) - 1
    )
    precedes_product = len(words) > 1 and words[1] in PRODUCTS and all(word.isdigit() for word in words[2:])
    follows_engine = first_other > 0 and words[first_other - 1] in ENGINES
    positions = ((0, precedes_product), (first_other, follows_engine), (len(tokens) - 1, False))
    for at, is_marked in positions:
        tag = parse_language_tag(tokens[at], languages=languages)
        if tag and (tag in languages or _is_language(words[at], is_marked=is_marked)):
            return tag
    return ""


def _is_language(token: str, *, is_marked: bool) -> bool:
    """Return whether a valid tag is a language and not a word or abbreviation.

    :param is_marked: the words beside it are those of a dubbing tool.
    """
    if "-" in token:
        return token.partition("-")[0] not in AMBIGUOUS_CODES
    if token in AMBIGUOUS_CODES:
        return is_marked and token not in UNSAFE_PREFIXES
    return token in SPOKEN_LANGUAGES


def _find_session_language(tokens: Sequence[str], languages: Sequence[str]) -> str:
    for token in tokens:
        tag = parse_language_tag(token, languages=languages)
        if tag in languages and token.casefold() not in AMBIGUOUS_CODES:
            return tag
    return ""
