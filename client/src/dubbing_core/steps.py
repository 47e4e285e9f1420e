"""Steps of a dubbing project, for each language."""

from __future__ import annotations

from dubbing_core.enums import StrEnum


class Step(StrEnum):
    """Step whose results are files."""

    TRANSCRIBED = "transcribed"
    TRANSLATED = "translated"
    VOICED = "voiced"
    DUBBED = "dubbed"
    MIXED = "mixed"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Step.TRANSCRIBED: "Transcribed",
    Step.TRANSLATED: "Translated",
    Step.VOICED: "Audio generated",
    Step.DUBBED: "Dubbed",
    Step.MIXED: "Mixed",
}
