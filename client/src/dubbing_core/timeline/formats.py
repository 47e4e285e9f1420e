"""Recognition of a file's format: by its contents, then by its name."""

from __future__ import annotations

import re

from dubbing_core.enums import StrEnum
from dubbing_core.file_kinds import split_name
from dubbing_core.sentences import sentence
from dubbing_core.timeline import ass, json_document, plain_text, sbv, srt, tables, ttml, vtt, xlsx
from dubbing_core.timeline.tracks import UnreadableError


class Format(StrEnum):
    """A format that has a reader; the value is its name."""

    SRT = srt.NAME
    VTT = vtt.NAME
    ASS = ass.NAME
    SBV = sbv.NAME
    TTML = ttml.NAME
    JSON = json_document.NAME
    CSV = tables.NAME
    XLSX = xlsx.NAME
    TEXT = plain_text.NAME


BY_EXTENSION = {
    ".srt": Format.SRT,
    ".vtt": Format.VTT,
    ".ass": Format.ASS,
    ".ssa": Format.ASS,
    ".sbv": Format.SBV,
    ".sub": Format.SBV,
    ".ttml": Format.TTML,
    ".dfxp": Format.TTML,
    ".xml": Format.TTML,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".xlsx": Format.XLSX,
    ".txt": Format.TEXT,
}
SIGNATURES = (
    (b"RIFF", sentence("audio or video")),
    (b"ID3", sentence("audio")),
    (b"OggS", sentence("audio or video")),
    (b"fLaC", sentence("audio")),
    (b"\x1aE\xdf\xa3", sentence("a video")),
    (b"\x89PNG", sentence("an image")),
    (b"\xff\xd8\xff", sentence("an image")),
    (b"GIF8", sentence("an image")),
    (b"%PDF", sentence("a PDF")),
    (b"{\\rtf", sentence("a rich text document (RTF)")),
    (b"\x1f\x8b", sentence("a gzip archive")),
    (b"7z\xbc\xaf", sentence("a 7z archive")),
    (b"Rar!", sentence("a RAR archive")),
    (b"SQLite format 3", sentence("a database")),
    (
        b"\xd0\xcf\x11\xe0",
        sentence("an old or encrypted Office document. Save it as XLSX without a password"),
    ),
)
PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
TTML_ROOT = re.compile(r"<(?:\w+:)?tt[\s>]")
SAMI = re.compile(r"\s*<sami\b", re.IGNORECASE)
MICRODVD = re.compile(r"\s*\{\d+\}\{\d*\}")
SCRIPT_INFO = re.compile(r"^\s*\[(?:script info|v4\+? styles|events)\]", re.IGNORECASE | re.MULTILINE)
JSON_START = re.compile(r'\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:[\{"\d\[\]-]|null|$))')


def get_extension_format(path: str) -> Format | None:
    """Return the format that a file's name states, or None."""
    return BY_EXTENSION.get(split_name(path)[1].casefold())


def check_signature(head: bytes) -> None:
    """Refuse files that are no text.

    :raises UnreadableError: with the kind of file.
    """
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            raise UnreadableError(sentence("is %(kind)s, not text", kind=kind))
    if head[4:8] == b"ftyp":
        raise UnreadableError(sentence("is a video or audio, not text"))


def detect_format(head: str, path: str) -> Format:
    """Return the format of a text.

    :param head: its beginning, without byte order mark, with newlines as in Unix.
    :raises UnreadableError: it is in a format that has no reader.
    """
    named = get_extension_format(path) or Format.TEXT
    if head.lstrip().startswith("<"):
        return _detect_markup(head, named)
    if MICRODVD.match(head):
        raise UnreadableError(sentence("counts frames (MicroDVD), whose rate is not known. Save it as SRT"))
    may_be_sbv = named in {Format.SRT, Format.TEXT, Format.SBV, Format.VTT}
    guesses = (
        (Format.VTT, head.lstrip().startswith("WEBVTT")),
        (Format.ASS, named is not Format.JSON and SCRIPT_INFO.search(head)),
        (Format.JSON, JSON_START.match(head)),
        (named if named is Format.VTT else Format.SRT, srt.TIMES.search(head)),
        (Format.SBV, may_be_sbv and sbv.TIMES.search(head)),
    )
    return next((guess for guess, matches in guesses if matches), named)


def _detect_markup(head: str, named: Format) -> Format:
    if PAGE.match(head):
        raise UnreadableError(sentence("is a web page. Download the file itself"))
    if SAMI.match(head):
        raise UnreadableError(sentence("is in the format SAMI, which is not supported. Save it as SRT"))
    if TTML_ROOT.search(head) or named is Format.TTML:
        return Format.TTML
    # SubRip may begin with a tag where its first times are missing.
    return named if named is not Format.JSON else Format.TEXT
