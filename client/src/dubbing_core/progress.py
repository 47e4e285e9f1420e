"""Progress of a project: the stage that its metadata and files have reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.enums import StrEnum


class Stage(StrEnum):
    """Stage that a project has reached."""

    EMPTY = "empty"
    TRANSCRIBED = "transcribed"
    TRANSLATED = "translated"
    VOICED = "voiced"
    DUBBED = "dubbed"
    """Dubbed videos exist, but not all of the stages before them."""
    COMPLETED = "completed"
    """Transcription, translations, audio and videos all exist."""

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
    """Results that a project has already."""

    has_transcription: bool
    has_translations: bool
    has_audio: bool
    has_videos: bool


def compute_progress(document: Mapping[str, Any], categories: Collection[Category] = ()) -> Progress:
    """Compute progress from the metadata, as the original does, or from the files.

    :param categories: those with at least one entry.
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
    """Return the furthest stage reached, whether or not the stages before it exist."""
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
