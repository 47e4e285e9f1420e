"""Extraction of transcript, translations and voices from tools' files."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from types import MappingProxyType
from typing import Any

from dubbing_core.categories import Category, classify_path, detect_language
from dubbing_core.dialog_lines import find_lines, join_texts
from dubbing_core.file_kinds import split_name
from dubbing_core.labels import Label, Role
from dubbing_core.languages import find_language_tag, parse_language_tag
from dubbing_core.project_edits import VOICE_KEYS
from dubbing_core.text_decoding import decode_text

READ_LIMIT = 4 * 1024 * 1024
"""In bytes. Larger files are skipped."""

ASR = "transcriptions/original_asr.json"
TRANSLATED = "translations/translated.json"
ASSIGNMENTS = "voices/voice_assignments.json"

SPOKEN_KEYS = ("text", "transcript", "transcription", "segments", "chunks")
TRANSLATED_KEYS = ("translated_text", "translation", "text", "segments")
SHOWN_ROLES = {Role.NONE, Role.TRANSCRIPT, Role.TRANSLATION, Role.VOICE_ASSIGNMENTS}
NESTING_LIMIT = 6
MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


@dataclass(frozen=True, kw_only=True)
class ExtractedTexts:
    """Texts found in the files; None where no file contains any."""

    transcription_text: str | None = None
    translations: Mapping[str, str] | None = None
    """By language, as spelled in the file."""
    voices: Mapping[str, str] | None = None
    """By language, or by the key that the tool uses, such as a speaker."""


def extract_texts(
    files: Mapping[str, bytes],
    *,
    languages: Sequence[str] = (),
    labels: Mapping[str, Label] = MappingProxyType({}),
) -> ExtractedTexts:
    """Extract texts from files, by path in the session's tree.

    Unreadable files are skipped without an error, and so are bilingual, unconfirmed and intermediate texts.

    :param labels: of the files; a file without one is labeled by its path.
    """
    readable = {
        path: files[path]
        for path in sorted(files)
        if len(files[path]) <= READ_LIMIT and (path not in labels or labels[path].role in SHOWN_ROLES)
    }
    return ExtractedTexts(
        transcription_text=_extract_transcription(readable, labels) or None,
        translations=_extract_translations(readable, languages, labels) or None,
        voices=_extract_voices(readable) or None,
    )


def extract_place(path: str, data: bytes, key: str) -> str:
    """Return the text at a place that a recognizer reports: of all lines, joined.

    :param key: of each line in a JSON document, or column of a CSV table; "" for the whole file.
    """
    if not key:
        return _read_file(path, data, SPOKEN_KEYS)
    if split_name(path)[1].casefold() != ".csv":
        return _scrub(join_texts(find_lines(_parse_json(data)), key))
    rows = decode_text(data).splitlines()
    try:
        folded = [
            {(name or "").strip().casefold(): value for name, value in row.items()}
            for row in csv.DictReader(rows)
        ]
    except csv.Error:
        return ""
    return _scrub(join_texts(folded, key))


def _extract_transcription(files: Mapping[str, bytes], labels: Mapping[str, Label]) -> str:
    texts = (
        _read_file(path, files[path], SPOKEN_KEYS)
        for path in _files_of(files, Category.TRANSCRIPTIONS, labels, first=ASR)
    )
    return next(filter(None, texts), "")


def _extract_translations(
    files: Mapping[str, bytes], languages: Sequence[str], labels: Mapping[str, Label]
) -> dict[str, str]:
    translations: dict[str, str] = {}
    for path in _files_of(files, Category.TRANSLATIONS, labels, first=TRANSLATED):
        by_language = (
            _extract_by_language(_parse_json(files[path]), languages) if path.endswith(".json") else {}
        )
        language = (
            labels[path].language
            if path in labels
            else detect_language(path, Category.TRANSLATIONS, languages=languages)
        )
        if not by_language and language:
            text = _read_file(path, files[path], TRANSLATED_KEYS)
            by_language = {language: text} if text else {}
        for tag, text in by_language.items():
            translations.setdefault(tag, text)
    return translations


def _extract_voices(files: Mapping[str, bytes]) -> dict[str, str]:
    value = _parse_json(files.get(ASSIGNMENTS, b""))
    if isinstance(value, dict) and isinstance(value.get("voices"), dict):
        value = value["voices"]
    if not isinstance(value, dict):
        return {}
    voices = {_scrub(key): _extract_text(voice, VOICE_KEYS) for key, voice in value.items()}
    return {key: voice for key, voice in voices.items() if voice}


def _files_of(
    files: Mapping[str, bytes], category: Category, labels: Mapping[str, Label], *, first: str
) -> list[str]:
    """Return the category's files, that of the original session manager first."""
    return sorted(
        (
            path
            for path in files
            if (labels[path].category if path in labels else classify_path(path)) is category
        ),
        key=lambda path: path != first,
    )


def _extract_by_language(value: Any, languages: Sequence[str]) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    if isinstance(value.get("translations"), dict):
        value = value["translations"]
    texts = {
        _read_language(key, languages): _extract_text(text, TRANSLATED_KEYS) for key, text in value.items()
    }
    return {language: text for language, text in texts.items() if language and text}


def _read_language(key: str, languages: Sequence[str]) -> str:
    """Return a language as it is spelled, without a region that does not exist, or ""."""
    tag = parse_language_tag(key, languages=languages)
    is_shortened = len(tag) == len("hi") and not key.isalpha()
    return tag if is_shortened or not tag else key


def _read_file(path: str, data: bytes, keys: Sequence[str]) -> str:
    match split_name(path)[1].casefold():
        case ".json":
            return _extract_text(_parse_json(data), keys)
        case ".srt" | ".vtt":
            return " ".join(_subtitle_lines(decode_text(data, language=find_language_tag(path))))
        case ".txt":
            return decode_text(data, language=find_language_tag(path)).strip()
        case _:
            return ""


def _extract_text(value: Any, keys: Sequence[str], depth: int = 0) -> str:
    """Return a string, an object's first text by `keys`, or a list's joined texts."""
    if isinstance(value, str):
        return _scrub(value).strip()
    if depth == NESTING_LIMIT:
        return ""
    if isinstance(value, list):
        return " ".join(filter(None, (_extract_text(item, keys, depth + 1) for item in value)))
    if isinstance(value, dict):
        return next(filter(None, (_extract_text(value.get(key), keys, depth + 1) for key in keys)), "")
    return ""


def _subtitle_lines(text: str) -> Iterator[str]:
    """Yield the spoken lines: in each block, those after its times."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = iter(block.splitlines())
        if any("-->" in line for line in lines):
            yield from filter(None, (unescape(MARKUP.sub("", line)).strip() for line in lines))


def _parse_json(data: bytes) -> Any:
    try:
        return json.loads(decode_text(data))
    except (ValueError, RecursionError):
        return None


def _scrub(text: str) -> str:
    """Remove U+0000 and replace lone surrogates, which PostgreSQL cannot store."""
    return text.replace("\0", "").encode(errors="replace").decode()
