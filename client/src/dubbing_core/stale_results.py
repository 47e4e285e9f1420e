"""Stale results: why files, or lines of audio, must be made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dubbing_core.enums import StrEnum
from dubbing_core.sentences import Number, join_with_and, plural, sentence

LINES_KEPT = 50
LINES_NAMED = 5


class Input(StrEnum):
    """What the files of a step are made from."""

    SOURCE = "source"
    TRANSCRIBED = "transcribed"
    TRANSLATED = "translated"
    VOICES = "voices"
    """The voice assigned to a language."""
    VOICED = "voiced"
    DUBBED = "dubbed"


CAUSES = {
    Input.SOURCE: sentence("source"),
    Input.TRANSCRIBED: sentence("transcript"),
    Input.TRANSLATED: sentence("translation"),
    Input.VOICES: sentence("voice"),
    Input.VOICED: sentence("audio"),
    Input.DUBBED: sentence("dubbed video"),
}


@dataclass(frozen=True, kw_only=True)
class StaleLines:
    """Lines whose text changed after the result that is made from them."""

    total: int
    """Lines of the text."""
    changed: int
    numbers: tuple[int, ...]
    """Of the first changed ones, counted from 1."""


@dataclass(frozen=True, kw_only=True)
class Staleness:
    """Files that are older than their inputs."""

    cause: Input
    changed_in: int
    """Version that changed the input."""
    made_in: int
    """Version of the oldest of these files."""
    files: int
    """Number of these files; 0 for a text in the metadata."""
    is_inherited: bool = False
    """Whether the input did not change, but is stale itself."""
    lines: StaleLines | None = None
    """Of audio whose file names state their lines; for a translation, lines of the transcript."""

    @property
    def reason(self) -> str:
        """The reason in a clause, such as ``translation changed in v5, this is from v3``."""
        if self.is_inherited:
            return sentence("%(cause)s is stale", cause=CAUSES[self.cause])
        versions = {"changed_in": self.changed_in, "made_in": self.made_in}
        if self.lines is None:
            return sentence(
                "%(cause)s changed in v%(changed_in)s, this is from v%(made_in)s",
                cause=CAUSES[self.cause],
                **versions,
            )
        if self.cause is Input.TRANSCRIBED:
            return self._describe_transcript(self.lines)
        if self.lines.changed == 1:
            (number,) = self.lines.numbers
            return sentence(
                "line %(number)s of %(total)s changed in v%(changed_in)s, its audio is from v%(made_in)s",
                number=number,
                total=Number(self.lines.total),
                **versions,
            )
        return sentence(
            "%(changed)s of %(total)s lines changed after their audio: %(lines)s"
            " (v%(changed_in)s, audio from v%(made_in)s)",
            changed=Number(self.lines.changed),
            total=Number(self.lines.total),
            lines=name_first(self.lines.numbers, self.lines.changed, limit=LINES_NAMED),
            **versions,
        )

    def _describe_transcript(self, lines: StaleLines) -> str:
        """Return for example ``lines 2 and 9 of the transcript changed in v5 ...``."""
        return plural(
            "line %(lines)s of the transcript changed in v%(changed_in)s, this is from v%(made_in)s",
            "lines %(lines)s of the transcript changed in v%(changed_in)s, this is from v%(made_in)s",
            count=lines.changed,
            lines=name_first(lines.numbers, lines.changed, limit=LINES_NAMED),
            changed_in=self.changed_in,
            made_in=self.made_in,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        stored: dict[str, Any] = {
            "cause": self.cause.value,
            "changed_in": self.changed_in,
            "made_in": self.made_in,
            "files": self.files,
            "is_inherited": self.is_inherited,
        }
        if self.lines:
            stored["lines"] = [self.lines.total, self.lines.changed, list(self.lines.numbers)]
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Staleness:
        """Return what `as_dict` stored."""
        fields = {**stored, "cause": Input(stored["cause"])}
        if lines := stored.get("lines"):
            total, changed, numbers = lines
            fields["lines"] = StaleLines(total=total, changed=changed, numbers=tuple(numbers))
        return cls(**fields)


def name_first(items: Sequence[object], count: int, *, limit: int = 3) -> str:
    """Return the first items, and the number of the others."""
    named = [str(item) for item in items[:limit]]
    rest = count - len(named)
    if rest:
        return sentence("%(shown)s and %(count)s more", shown=", ".join(named), count=Number(rest))
    return join_with_and(named)
