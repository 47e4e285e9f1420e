"""What the tab says, in Markdown where that is shown as such."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from dubbing_client.manager import EXPECTED, sentence

log = logging.getLogger("dubbing_client")

NOTHING_SELECTED = "Select a session to view detailed information."
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")


def described(info: Mapping[str, Any]) -> str:
    """The original's session information, in Markdown."""
    done = {
        "Transcription": info["has_transcription"],
        "Translations": info["has_translations"],
        "Audio Generated": info["has_audio"],
        "Videos Created": info["has_videos"],
    }
    blocks = [
        f"# 📊 Session: {escaped(info['session_name'])}",
        _lines(
            f"**Video:** {escaped(info['video_name'])}",
            f"**Languages:** {escaped(', '.join(info['languages']) or 'none yet')}",
            f"**Created:** {escaped(info['created_at'][:19])}",
            f"**Last Updated:** {escaped(info['last_updated'][:19])}",
            f"**Total Files:** {info['file_count']}",
        ),
        "**Pipeline Progress:**",
        _lines(*(f"• {step}: {'✅' if is_done else '❌'}" for step, is_done in done.items())),
    ]
    voices = info["voice_assignments"]
    if voices:
        assigned = (f"• {escaped(str(key).upper())}: {escaped(str(voice))}" for key, voice in voices.items())
        blocks += ["**Voice Assignments:**", _lines(*assigned)]
    return "\n\n".join(blocks)


def contents(data: Mapping[str, Any]) -> str:
    counted = {
        "languages": len(data.get("languages") or ()),
        "audio files": len(data.get("audio_paths") or ()),
        "videos": len(data.get("final_videos") or ()) + len(data.get("mixed_videos") or ()),
        "custom voices": len(data.get("custom_voices") or ()),
    }
    return ", ".join(
        f"{count} {what if count > 1 else what[:-1]}" for what, count in counted.items() if count
    )


def said(what: str, error: Exception) -> str:
    if not isinstance(error, EXPECTED):
        log.error("%s.", what, exc_info=error)
        return f"❌ {what}: {type(error).__name__}: {error}"
    return f"❌ {what}. {sentence(error)}"


def _lines(*lines: str) -> str:
    return "  \n".join(lines)


def escaped(text: str) -> str:
    return MARKDOWN.sub(r"\\\1", text)
