"""Finds transcript, translations and voices in the files that dubbing tools write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dubbing_core.categories import Category, classify_path, detect_language
from dubbing_core.file_kinds import split_name
from dubbing_core.languages import parse_language_tag

READ_LIMIT = 4 * 1024 * 1024
"""In bytes. Larger files are left alone."""

ASR = "transcriptions/original_asr.json"
TRANSLATED = "translations/translated.json"
ASSIGNMENTS = "voices/voice_assignments.json"

SPOKEN_KEYS = ("text", "transcript", "transcription", "segments", "chunks")
TRANSLATED_KEYS = ("translated_text", "translation", "text", "segments")
VOICE_KEYS = ("voice", "voice_id", "voice_name", "name")
NESTING_LIMIT = 6
MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


@dataclass(frozen=True, kw_only=True)
class ExtractedTexts:
    """What the files say; None for what was not found."""

    transcription_text: str | None = None
    translations: Mapping[str, str] | None = None
    """By the language as the file spells it."""
    voices: Mapping[str, str] | None = None
    """By language, or by whatever the tool assigns voices to."""


def extract_texts(files: Mapping[str, bytes], *, languages: Sequence[str] = ()) -> ExtractedTexts:
    """Read what can be read, by paths in the session's tree, and never fail: the files belong to other tools."""
    readable = {path: files[path] for path in sorted(files) if len(files[path]) <= READ_LIMIT}
    return ExtractedTexts(
        transcription_text=_transcription(readable) or None,
        translations=_translations(readable, languages) or None,
        voices=_voices(readable) or None,
    )


def _transcription(files: Mapping[str, bytes]) -> str:
    texts = (_read(path, files[path], SPOKEN_KEYS) for path in _among(files, ASR, Category.TRANSCRIPTIONS))
    return next(filter(None, texts), "")


def _translations(files: Mapping[str, bytes], languages: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in _among(files, TRANSLATED, Category.TRANSLATIONS):
        by_language = _by_language(_json(files[path]), languages) if path.endswith(".json") else {}
        language = detect_language(path, Category.TRANSLATIONS, languages=languages)
        if not by_language and language:
            text = _read(path, files[path], TRANSLATED_KEYS)
            by_language = {language: text} if text else {}
        found = by_language | found
    return dict(sorted(found.items()))


def _voices(files: Mapping[str, bytes]) -> dict[str, str]:
    value = _json(files.get(ASSIGNMENTS, b""))
    if isinstance(value, dict) and isinstance(value.get("voices"), dict):
        value = value["voices"]
    if not isinstance(value, dict):
        return {}
    voices = {_scrubbed(key): _text(voice, VOICE_KEYS) for key, voice in value.items()}
    return {key: voice for key, voice in voices.items() if voice}


def _among(files: Mapping[str, bytes], first: str, category: Category) -> list[str]:
    """The category's files, the one that the original session manager wrote before all others."""
    return sorted((path for path in files if classify_path(path) is category), key=lambda path: path != first)


def _by_language(value: Any, languages: Sequence[str]) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    if isinstance(value.get("translations"), dict):
        value = value["translations"]
    texts = {
        key: _text(text, TRANSLATED_KEYS)
        for key, text in value.items()
        if parse_language_tag(key, languages=languages)
    }
    return {language: text for language, text in texts.items() if text}


def _read(path: str, data: bytes, keys: Sequence[str]) -> str:
    match split_name(path)[1].casefold():
        case ".json":
            return _text(_json(data), keys)
        case ".srt" | ".vtt":
            return " ".join(_subtitle_lines(_decoded(data)))
        case ".txt":
            return _decoded(data).strip()
        case _:
            return ""


def _text(value: Any, keys: Sequence[str], depth: int = 0) -> str:
    """The text of a string, of one of an object's `keys`, or of all that a list holds."""
    if isinstance(value, str):
        return _scrubbed(value).strip()
    if depth == NESTING_LIMIT:
        return ""
    if isinstance(value, list):
        return " ".join(filter(None, (_text(item, keys, depth + 1) for item in value)))
    if isinstance(value, dict):
        return next(filter(None, (_text(value.get(key), keys, depth + 1) for key in keys)), "")
    return ""


def _subtitle_lines(text: str) -> Iterator[str]:
    """What is said: of each block, the lines that follow its times."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        lines = iter(block.splitlines())
        if any("-->" in line for line in lines):
            yield from filter(None, (MARKUP.sub("", line).strip() for line in lines))


def _json(data: bytes) -> Any:
    try:
        return json.loads(_decoded(data))
    except (ValueError, RecursionError):
        return None


def _decoded(data: bytes) -> str:
    # Windows tools still write UTF-16, always with a byte order mark.
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding).replace("\0", "")
    except UnicodeDecodeError:
        return ""


def _scrubbed(text: str) -> str:
    """Text that a database can keep: without U+0000 and lone surrogates, which JSON may escape."""
    return text.replace("\0", "").encode(errors="replace").decode()
