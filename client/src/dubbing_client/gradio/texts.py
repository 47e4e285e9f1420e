"""Texts of the tab."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from dubbing_client.dropin.manager import EXPECTED_ERRORS, error_sentence
from dubbing_core.paths import escape_unprintable

log = logging.getLogger("dubbing_client")

NOTHING_SELECTED = "Select a session to view detailed information."
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")


def session_information(info: Mapping[str, Any]) -> str:
    """Return the original's session information as Markdown."""
    done = {
        "Transcription": info["has_transcription"],
        "Translations": info["has_translations"],
        "Audio Generated": info["has_audio"],
        "Videos Created": info["has_videos"],
    }
    blocks = [
        f"# 📊 Session: {escape_markdown(info['session_name'])}",
        _lines(
            f"**Video:** {escape_markdown(info['video_name'])}",
            f"**Languages:** {escape_markdown(', '.join(info['languages']) or 'none yet')}",
            f"**Created:** {escape_markdown(info['created_at'][:19])}",
            f"**Last Updated:** {escape_markdown(info['last_updated'][:19])}",
            f"**Total Files:** {info['file_count']}",
        ),
        "**Pipeline Progress:**",
        _lines(*(f"• {step}: {'✅' if is_done else '❌'}" for step, is_done in done.items())),
    ]
    voices = info["voice_assignments"]
    if voices:
        assignments = (
            f"• {escape_markdown(str(key).upper())}: {escape_markdown(str(voice))}"
            for key, voice in voices.items()
        )
        blocks += ["**Voice Assignments:**", _lines(*assignments)]
    return "\n\n".join(blocks)


def content_summary(data: Mapping[str, Any]) -> str:
    """Return the counts of a session's contents: 2 languages, 1 audio file."""
    counts = {
        "languages": len(data.get("languages") or ()),
        "audio files": len(data.get("audio_paths") or ()),
        "videos": len(data.get("final_videos") or ()) + len(data.get("mixed_videos") or ()),
        "custom voices": len(data.get("custom_voices") or ()),
    }
    return ", ".join(
        f"{count} {plural if count > 1 else plural[:-1]}" for plural, count in counts.items() if count
    )


def error_text(outcome: str, error: Exception) -> str:
    """Return the status for an error; unexpected ones are logged with a traceback."""
    if not isinstance(error, EXPECTED_ERRORS):
        log.error("%s.", outcome, exc_info=error)
        return f"❌ {outcome}: {type(error).__name__}: {error}"
    return f"❌ {outcome}. {error_sentence(error)}"


def _lines(*lines: str) -> str:
    return "  \n".join(lines)


def escape_markdown(text: str) -> str:
    return MARKDOWN.sub(r"\\\1", "\n".join(map(escape_unprintable, text.split("\n"))))
