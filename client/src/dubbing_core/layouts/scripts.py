"""Languages that a text's script or most frequent words reveal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

SAMPLE_LENGTH = 20_000
"""Characters of a text that are examined."""
LETTERS_REQUIRED = 20
SHARE_REQUIRED = 0.3
"""Of the letters; names and terms stay in the source's script."""
KANA_SHARE = 0.05
"""Of the letters: Japanese writes many words with Chinese characters."""
# Only scripts in which one language is written far more often than all others.
RANGES = (
    ("ko", "\uac00-\ud7a3"),
    ("th", "\u0e00-\u0e7f"),
    ("el", "\u0370-\u03ff"),
    ("he", "\u0590-\u05ff"),
    ("ka", "\u10a0-\u10ff"),
    ("hy", "\u0530-\u058f"),
    ("ta", "\u0b80-\u0bff"),
    ("te", "\u0c00-\u0c7f"),
    ("kn", "\u0c80-\u0cff"),
    ("ml", "\u0d00-\u0d7f"),
    ("gu", "\u0a80-\u0aff"),
    ("bn", "\u0980-\u09ff"),
    ("pa", "\u0a00-\u0a7f"),
    ("si", "\u0d80-\u0dff"),
    ("my", "\u1000-\u109f"),
    ("lo", "\u0e80-\u0eff"),
    ("km", "\u1780-\u17ff"),
    ("zh", "\u4e00-\u9fff"),
)
SCRIPTS = [(language, re.compile(f"[{letters}]")) for language, letters in RANGES]
KANA = re.compile("[\u3040-\u30ff]")
LATIN = re.compile("[a-zA-Z\u00c0-\u024f]")
# Vowels of Indic scripts are combining characters: no letters, but parts of words.
WORD = re.compile(r"(?:[^\W\d_]|[\u0900-\u0963\u0971-\u097f])+")
WORDS_REQUIRED = 10
FREQUENT_REQUIRED = 3
"""Frequent words of the language that a text contains at least."""
LEAD_REQUIRED = 1.5
"""Factor by which the first language must lead."""
FREQUENT_WORDS = {
    "en": "the and of to is that you for it was with are this have not be on they we what",
    "es": "que de el la los las en un una por con para es se del lo como más pero su",
    "fr": "que de le la les et des est dans un une pour pas qui vous ce nous je sur avec",
    "de": "der die und das ist nicht ich sie wir mit ein eine auf den zu es von sich auch dass",
    "pt": "que de o os em um uma para com não se do da você mais mas como isso são ele",
    "it": "che di il la le un una per non è con del della sono si gli ma come questo anche",
    "nl": "de het een en van ik dat is niet je op te zijn met voor we maar hij die er",
    "pl": "się nie i w na że to jest z do jak ale co po tak za mnie o już jestem",
    "tr": "bir ve bu için de ne da çok var ama ben değil daha mi sen gibi o kadar",
    "id": "yang dan di ini itu tidak dengan untuk saya dari akan ada ke kita anda pada",
    "vi": "và là của không có một các được cho những này người trong với đã tôi",
    "sv": "och att det som en på är av för med den jag inte har de ett om vi",
}
FREQUENT = {language: frozenset(words.split()) for language, words in FREQUENT_WORDS.items()}
# Scripts of several languages, which their own frequent words distinguish.
SHARED_SCRIPTS = (
    (
        re.compile("[\u0400-\u052f]"),
        {
            "ru": "и в не на что я с он как это по но они из у мы так же вы за бы только её было от для",
            "uk": "і в не на що я з він як це та до але вони із у ми так ви за б тільки її було від для є й",
            "bg": "и в не на че аз с той как това по но те от ние така за би само я беше да се ще са",
            "sr": "и у не на да ја са он како то по али они из ми тако за би само је било од се су",
        },
    ),
    (
        re.compile("[\u0600-\u06ff]"),
        {
            "ar": "في من على أن إلى ما هذا هذه التي الذي لا عن مع كان هو هي لم وهو كل قد بعد يجب أو",
            "fa": "در از به که این را با است برای آن می و های یک خود تا بر هم نیز شده اما ما",
            "ur": "کے میں کی ہے اور سے کا کو اس پر نے کہ ہیں یہ نہیں ایک جو تھا بھی ہم",
        },
    ),
    (
        re.compile("[\u0900-\u097f]"),
        {
            "hi": "के है में की और से का को नहीं यह पर कि हैं एक हम ने भी तो था इस हमें अभी",
            "mr": "आहे आणि या ते होते हे आहेत नाही मी तो एक की च्या ला आपण केले",
            "ne": "छ र को मा यो हो पनि ले छन् भने गर्न भएको एक हामी",
        },
    ),
)
SHARED = [
    (script, {language: frozenset(words.split()) for language, words in languages.items()})
    for script, languages in SHARED_SCRIPTS
]
MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}|\d\d:\d\d:\d\d\S*|-->")


def detect_text_language(text: str) -> str:
    """Return the language that a text's script or words reveal, or ""."""
    sample = MARKUP.sub(" ", text[:SAMPLE_LENGTH])
    letters = sum(map(str.isalpha, sample))
    if letters < LETTERS_REQUIRED:
        return ""
    if len(KANA.findall(sample)) > KANA_SHARE * letters:
        return "ja"
    for language, script in SCRIPTS:
        if len(script.findall(sample)) > SHARE_REQUIRED * letters:
            return language
    for script, languages in SHARED:
        if len(script.findall(sample)) > SHARE_REQUIRED * letters:
            return _detect_by_words(sample, languages)
    if len(LATIN.findall(sample)) < (1 - SHARE_REQUIRED) * letters:
        return ""
    return _detect_by_words(sample, FREQUENT)


def _detect_by_words(sample: str, languages: Mapping[str, Collection[str]]) -> str:
    words = Counter(word.casefold() for word in WORD.findall(sample))
    if words.total() < WORDS_REQUIRED:
        return ""
    counts = {language: sum(words[word] for word in frequent) for language, frequent in languages.items()}
    (best, count), (_, second) = Counter(counts).most_common(2)
    is_clear = count > LEAD_REQUIRED * second and count > words.total() / 10
    return best if is_clear and count >= FREQUENT_REQUIRED else ""
