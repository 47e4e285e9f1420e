"""Steps of a dubbing project, for each language."""

from __future__ import annotations

from dubbing_core.enums import StrEnum
from dubbing_core.sentences import sentence


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
    Step.TRANSCRIBED: sentence("Transcribed"),
    Step.TRANSLATED: sentence("Translated"),
    Step.VOICED: sentence("Audio generated"),
    Step.DUBBED: sentence("Dubbed"),
    Step.MIXED: sentence("Mixed"),
}
