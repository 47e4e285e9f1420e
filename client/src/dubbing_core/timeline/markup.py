"""Markup in the text of subtitles."""

from __future__ import annotations

import html
import re

FORMATTING = re.compile(
    r"<\s*/?\s*(?:i|b|u|s|em|strong|strike|font|c|v|lang|ruby|rt|span|br)\b[^<>\n]*>"
    r"|<\s*/?\s*c\.[^<>\n]*>"
    r"|<(?:\d+:)?\d+:\d+\.\d+>",
    re.IGNORECASE,
)
"""Tags of SubRip and WebVTT. Others, such as `<script>`, are text: pages show them escaped."""
OVERRIDES = re.compile(r"\{\\[^{}]*\}")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^<>\n]+)>", re.IGNORECASE)
DIARIZED = re.compile(r"\[(SPEAKER[_ ]\d+|UNKNOWN)\]:?[ \t]*|(SPEAKER_\d+):[ \t]*")
"""How WhisperX and tools built on it write a speaker into subtitles."""


def strip_markup(text: str) -> str:
    """Remove formatting of SubRip, and the overrides of ASS that it inherited."""
    if "<" in text:
        text = FORMATTING.sub("", text)
    if "{\\" in text:
        text = OVERRIDES.sub("", text)
    return text


def split_speaker(text: str) -> tuple[str, str]:
    """Split `[SPEAKER_01]: text` into speaker and text."""
    if text[:1] in "[S" and (match := DIARIZED.match(text)):
        return match[1] or match[2], text[match.end() :]
    return "", text


def read_cue_text(text: str) -> tuple[str, str]:
    """Return the speaker, and the text without tags and entities, of a WebVTT cue."""
    speaker = ""
    if "<" in text:
        if voice := VOICE.search(text):
            speaker = voice[1].strip()
        text = strip_markup(text)
    if "&" in text:
        text = html.unescape(text)
    if not speaker:
        speaker, text = split_speaker(text)
    return speaker, text
