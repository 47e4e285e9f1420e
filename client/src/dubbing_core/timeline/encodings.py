"""Detection of a text's encoding.

Subtitles are often too short for statistical detectors, so the script of the decoded text decides between the few encodings that tools
and players write; a known language narrows them first.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 200_000
"""In bytes, of lines that are not ASCII."""
CYRILLIC = ("cp1251", "koi8-r")
CENTRAL_EUROPEAN = ("cp1250", "iso8859-2")
BY_LANGUAGE = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "sr", "mk", "kk", "mn"), CYRILLIC),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "hr", "sl", "ro", "sq", "bs"), CENTRAL_EUROPEAN),
    "zh": ("gb18030", "big5"),
    "yue": ("big5", "gb18030"),
    "ja": ("cp932", "euc-jp"),
    "ko": ("cp949",),
    "el": ("cp1253",),
    "tr": ("cp1254",),
    "az": ("cp1254",),
    "he": ("cp1255",),
    "ar": ("cp1256",),
    "fa": ("cp1256",),
    "ur": ("cp1256",),
    **dict.fromkeys(("et", "lv", "lt"), ("cp1257",)),
    "vi": ("cp1258",),
    "th": ("cp874",),
}
LABELS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "gb18030": "GB18030",
    "cp932": "Shift-JIS",
    "cp949": "Windows-949 (Korean)",
    "cp874": "Windows-874 (Thai)",
    "big5": "Big5",
    "euc-jp": "EUC-JP",
    "koi8-r": "KOI8-R",
    "iso8859-2": "ISO 8859-2",
    "latin-1": "ISO 8859-1",
}
HIGH_RUN = re.compile(rb"[\xa8\xb8\xc0-\xff]+")
KANA = re.compile("[\u3041-\u3096\u30a1-\u30fc]")
HALF_KANA = re.compile("[\uff61-\uff9f]")
CYRILLIC_LOWER, CYRILLIC_UPPER = re.compile("[\u0430-\u044f\u0451]"), re.compile("[\u0410-\u042f\u0401]")
CENTRAL_LETTERS = re.compile("[ąćęłńśźżĄĆĘŁŃŚŹŻčďěňřšťůžČĎĚŇŘŠŤŮŽőűŐŰăşţ]")
WESTERN_LETTERS = re.compile("[àáâãäåæçèéêëìíîïñòóôõöøùúûüßœÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒ’‘“”«»…–—¿¡]")
MIN_CYRILLIC_RUN = 2.2
KANA_SHARE = 0.15
BIG5_TRAILS = 0.12
COMMON_LEADS = 0.6
HANGUL_SAMPLE = 12


def detect_encoding(data: bytes, *, language: str = "") -> tuple[str, bool]:
    """Return Python's name of the encoding, and whether it is a guess.

    :param language: the text's BCP 47 tag, where it is known.
    """
    if encoding := detect_unicode(data):
        return encoding, False
    sample = _sample(data)
    hinted = BY_LANGUAGE.get(language.partition("-")[0].casefold(), ())
    possible = [encoding for encoding in hinted if _decodes(sample, encoding)]
    if len(possible) == 1:
        return possible[0], True
    for guess in (_guess_cyrillic, _guess_east_asian, _guess_latin):
        if (encoding := guess(sample)) and (not possible or encoding in possible):
            return encoding, True
    return (possible[0] if possible else "latin-1"), True


def detect_unicode(data: bytes) -> str:
    """Return the Unicode encoding that data is valid in, or ""."""
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return encoding
    if encoding := detect_bare_utf16(data):
        return encoding
    try:
        data.decode()
    except UnicodeDecodeError as error:
        # A piece of a file may end within a character.
        return "utf-8" if error.reason == "unexpected end of data" and error.start > 0 else ""
    return "utf-8"


def detect_bare_utf16(data: bytes) -> str:
    """Return UTF-16 with its byte order, of text without a byte order mark, or ""."""
    head = data[:4096]
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if max(zeros) * 5 < len(head) or min(zeros) * 10 > max(zeros):
        return ""
    return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"


def describe(encoding: str) -> str:
    """Return an encoding's usual name."""
    return LABELS.get(encoding) or encoding.replace("cp", "Windows-")


def _sample(data: bytes) -> bytes:
    """Return lines that are not ASCII.

    Times and numbers are the same in all encodings.
    """
    if not data[:SAMPLE].isascii():
        data = data[:SAMPLE]
    lines = data.replace(b"\r", b"\n").split(b"\n")
    return b"\n".join(line for line in lines if not line.isascii())[:SAMPLE]


def _decodes(sample: bytes, encoding: str) -> bool:
    return _try_decode(sample, encoding) is not None


def _try_decode(sample: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return None


def _guess_cyrillic(sample: bytes) -> str:
    """Whole words of high bytes, mostly in lower case, are Cyrillic."""
    runs = HIGH_RUN.findall(sample)
    if not runs or sum(map(len, runs)) / len(runs) < MIN_CYRILLIC_RUN:
        return ""
    text = _try_decode(sample, "cp1251")
    if text is None:
        return ""
    lower, upper = len(CYRILLIC_LOWER.findall(text)), len(CYRILLIC_UPPER.findall(text))
    other = sum(not character.isascii() for character in text) - lower - upper
    if other * 5 > lower + upper or lower == upper:
        return ""
    # KOI8 has upper case where Windows has lower case.
    return "cp1251" if lower > upper else "koi8-r"


def _guess_east_asian(sample: bytes) -> str:
    japanese = _try_decode(sample, "cp932")
    if japanese and _share(KANA, japanese) > KANA_SHARE and _share(HALF_KANA, japanese) < KANA_SHARE:
        return "cp932"
    chinese = _try_decode(sample, "gb18030")
    if chinese is not None and _share(KANA, chinese) > KANA_SHARE and _decodes(sample, "euc-jp"):
        return "euc-jp"
    pairs = _double_bytes(sample)
    if not pairs:
        return ""
    low_trails = sum(trail < 0xA1 for _, trail in pairs)  # noqa: PLR2004 (the first byte of GB 2312)
    if low_trails > BIG5_TRAILS * len(pairs) and _decodes(sample, "big5"):
        return "big5" if _is_common(pairs, 0xA4, 0xC6) else ""
    if chinese is None or not _is_common(pairs, 0xB0, 0xD7):
        return ""
    has_late_leads = any(0xC9 <= lead <= 0xD7 for lead, _ in pairs)  # noqa: PLR2004 (after the last Hangul)
    is_korean = len(pairs) >= HANGUL_SAMPLE and not has_late_leads and _decodes(sample, "cp949")
    return "cp949" if is_korean else "gb18030"


def _guess_latin(sample: bytes) -> str:
    western, central = _try_decode(sample, "cp1252"), _try_decode(sample, "cp1250")
    if central is not None and (western is None or _count_letters(central) > _count_letters(western)):
        return "cp1250"
    return "cp1252" if western is not None else ""


def _count_letters(text: str) -> int:
    return len(CENTRAL_LETTERS.findall(text)) + len(WESTERN_LETTERS.findall(text))


def _share(pattern: re.Pattern[str], text: str) -> float:
    """Return the share of characters beyond ASCII that match."""
    return len(pattern.findall(text)) / max(1, sum(not character.isascii() for character in text))


def _double_bytes(sample: bytes) -> list[tuple[int, int]]:
    pairs = []
    at = 0
    while at < len(sample) - 1:
        if sample[at] > 0x80:  # noqa: PLR2004 (a lead byte)
            pairs.append((sample[at], sample[at + 1]))
            at += 1
        at += 1
    return pairs


def _is_common(pairs: list[tuple[int, int]], first: int, last: int) -> bool:
    """Return whether most characters are in the rows of common ones."""
    return sum(first <= lead <= last for lead, _ in pairs) > COMMON_LEADS * len(pairs)


Decoder = Callable[[bytes, bool], str]


def build_decoder(encoding: str) -> Decoder:
    """Return an incremental decoder that raises UnicodeDecodeError."""
    return codecs.getincrementaldecoder(encoding)().decode
