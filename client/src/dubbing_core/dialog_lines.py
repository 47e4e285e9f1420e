"""Lines of dialog in tools' JSON documents: speakers, voices and texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

LINE_LISTS = ("utterances", "segments", "lines", "items", "Items", "clips", "chunks", "sentences", "turns")
SPEAKER_KEYS = ("speaker", "speaker_id", "speakerId", "Actor", "actor", "character")
VOICE_KEYS = ("assigned_voice", "voice", "voice_id", "VoiceName", "role", "voice_name")
LINE_LIMIT = 20_000


def find_lines(value: Any) -> list[dict[str, Any]]:
    """Return a document's lines: the document itself, or its list under a usual key."""
    if isinstance(value, dict):
        value = next((value[key] for key in LINE_LISTS if isinstance(value.get(key), list)), None)
    if not isinstance(value, list):
        return []
    return [line for line in value[:LINE_LIMIT] if isinstance(line, dict)]


def read_text(line: dict[str, Any], keys: Sequence[str]) -> str:
    """Return the first text that a line has under one of the keys, or ""."""
    for key in keys:
        value = line.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def find_speakers(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Return the speakers in the order of their first lines."""
    return list(dict.fromkeys(filter(None, (read_text(line, SPEAKER_KEYS) for line in lines))))


def find_voices(lines: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the voice of each speaker: that of the speaker's first line that has one."""
    voices: dict[str, str] = {}
    for line in lines:
        speaker, voice = read_text(line, SPEAKER_KEYS), read_text(line, VOICE_KEYS)
        if speaker and voice:
            voices.setdefault(speaker, voice)
    return voices


def join_texts(lines: Sequence[dict[str, Any]], key: str) -> str:
    return " ".join(_texts(lines, key))


def _texts(lines: Sequence[dict[str, Any]], key: str) -> Iterator[str]:
    for line in lines:
        if text := read_text(line, (key,)):
            yield text


def read_voice_map(value: Any) -> dict[str, str]:
    """Return a document's voices by speaker or language.

    A voice is a text, or an object that names it.
    """
    if isinstance(value, dict) and isinstance(value.get("voices"), dict):
        value = value["voices"]
    if not isinstance(value, dict):
        return {}
    voices = {
        key: voice if isinstance(voice, str) else read_text(voice, (*VOICE_KEYS, "name"))
        for key, voice in value.items()
        if isinstance(voice, str | dict)
    }
    return {key: voice for key, voice in voices.items() if voice}
