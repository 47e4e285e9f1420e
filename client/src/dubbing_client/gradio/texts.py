"""Texts of the tab."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from dubbing_client.dropin.manager import EXPECTED_ERRORS, error_sentence
from dubbing_client.dropin.session_progress import NO_PROGRESS, STEPS, SessionProgress, StepProgress
from dubbing_core.paths import escape_unprintable
from dubbing_core.progress_matrix import CellState
from dubbing_core.steps import Step

log = logging.getLogger("dubbing_client")

NOTHING_SELECTED = "Select a session to view detailed information."
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")


MARKS = {
    CellState.DONE: "✅",
    CellState.PARTIAL: "🟡",
    CellState.EMPTY: "🚫 nothing readable",
    CellState.MISSING: "❌",
}
STALE_LISTED = 5


def session_information(info: Mapping[str, Any], progress: SessionProgress = NO_PROGRESS) -> str:
    """Return the original's session information as Markdown.

    The progress by language follows its booleans.
    """
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
        *_list_progress(progress),
    ]
    voices = info["voice_assignments"]
    if voices:
        assignments = (
            f"• {escape_markdown(str(key).upper())}: {escape_markdown(str(voice))}"
            for key, voice in voices.items()
        )
        blocks += ["**Voice Assignments:**", _lines(*assignments)]
    return "\n\n".join(blocks)


def _list_progress(progress: SessionProgress) -> list[str]:
    """Return a table of languages and steps; mixed videos only where there are some."""
    if not progress.languages:
        return []
    has_mixed = any(Step.MIXED in cells for cells in progress.languages.values())
    steps = {step: title for step, title in STEPS.items() if step is not Step.MIXED or has_mixed}
    rows = [
        [
            f"**{escape_markdown(language)}**",
            *(_describe_cell(progress.get_cell(language, step)) for step in steps),
        ]
        for language in progress.languages
    ]
    table = [["Language", *steps.values()], ["---"] * (len(steps) + 1), *rows]
    count = f"**Languages finished:** {len(progress.finished)} of {len(progress.languages)}"
    return [count, "\n".join(f"| {' | '.join(cells)} |" for cells in table)]


def _describe_cell(cell: StepProgress) -> str:
    if cell.is_stale:
        return f"⚠️ stale: {escape_markdown(cell.note)}"
    mark = MARKS[CellState(cell.state)] if cell.state in set(CellState) else escape_markdown(cell.state)
    return f"{mark} {escape_markdown(cell.note)}".rstrip()


def stale_lines(progress: SessionProgress) -> list[str]:
    """Return a warning for each of the first stale results."""
    more = len(progress.stale) - STALE_LISTED
    lines = [f"⚠️ Stale: {result}" for result in progress.stale[:STALE_LISTED]]
    return [*lines, f"⚠️ {more} more stale results"] if more > 0 else lines


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
