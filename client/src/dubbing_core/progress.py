"""Progress of a project: the stage that its metadata and files have reached."""

from __future__ import annotations

from dataclasses import dataclass

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

    @property
    def furthest(self) -> Stage:
        """The furthest stage of which anything exists, up to `DUBBED`."""
        if self.has_videos:
            return Stage.DUBBED
        if self.has_audio:
            return Stage.VOICED
        if self.has_translations:
            return Stage.TRANSLATED
        return Stage.TRANSCRIBED if self.has_transcription else Stage.EMPTY
