"""Progress of a project: the stage that its metadata and files have reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dubbing_core.enums import StrEnum
from dubbing_core.sentences import sentence


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
    Stage.EMPTY: sentence("Nothing yet"),
    Stage.TRANSCRIBED: sentence("Transcribed"),
    Stage.TRANSLATED: sentence("Translated"),
    Stage.VOICED: sentence("Audio generated"),
    Stage.DUBBED: sentence("Videos created"),
    Stage.COMPLETED: sentence("Completed"),
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


def correct_stage(document: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """Return a document that states "completed" with another stage.

    Others stay as they are. A program that writes the document does not know which results are older than their inputs.
    """
    facts = document.get("session_metadata") or {}
    if facts.get("pipeline_stage") != Stage.COMPLETED:
        return dict(document)
    return {**document, "session_metadata": {**facts, "pipeline_stage": stage.value}}
