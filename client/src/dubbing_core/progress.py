"""How far a project has come, by its metadata and its files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.enums import StrEnum


class Stage(StrEnum):
    EMPTY = "empty"
    TRANSCRIBED = "transcribed"
    TRANSLATED = "translated"
    VOICED = "voiced"
    DUBBED = "dubbed"
    """There are dubbed videos, though not all that leads to them was kept."""
    COMPLETED = "completed"
    """Transcription, translations, audio and videos are all there."""

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Stage.EMPTY: "Nothing yet",
    Stage.TRANSCRIBED: "Transcribed",
    Stage.TRANSLATED: "Translated",
    Stage.VOICED: "Audio generated",
    Stage.DUBBED: "Videos created",
    Stage.COMPLETED: "Completed",
}


@dataclass(frozen=True, kw_only=True)
class Progress:
    has_transcription: bool
    has_translations: bool
    has_audio: bool
    has_videos: bool


def compute_progress(document: Mapping[str, Any], categories: Collection[Category] = ()) -> Progress:
    """What is done, as the original session manager tells it from the metadata, or as the files show.

    `categories` are those that have at least one entry.
    """
    return Progress(
        has_transcription=bool(document.get("transcription_text")) or Category.TRANSCRIPTIONS in categories,
        has_translations=bool(document.get("translations")) or Category.TRANSLATIONS in categories,
        has_audio=bool(document.get("audio_paths")) or Category.AUDIO in categories,
        has_videos=bool(document.get("final_videos"))
        or Category.FINAL_VIDEOS in categories
        or Category.MIXED_VIDEOS in categories,
    )


def compute_stage(progress: Progress) -> Stage:
    """The furthest stage reached, whether or not those before it were kept."""
    if (
        progress.has_transcription
        and progress.has_translations
        and progress.has_audio
        and progress.has_videos
    ):
        return Stage.COMPLETED
    if progress.has_videos:
        return Stage.DUBBED
    if progress.has_audio:
        return Stage.VOICED
    if progress.has_translations:
        return Stage.TRANSLATED
    return Stage.TRANSCRIBED if progress.has_transcription else Stage.EMPTY
