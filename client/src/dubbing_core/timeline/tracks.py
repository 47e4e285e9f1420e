"""Tracks of timed lines, and what reading a file results in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dubbing_core.enums import StrEnum


class TrackKind(StrEnum):
    """What a file itself states about a track."""

    TEXT = "text"
    """Nothing: the label of the file decides."""
    TRANSCRIPT = "transcript"
    TRANSLATION = "translation"


class Segment(NamedTuple):
    """A line of dialog."""

    start_ms: int | None
    """As written in the file, so an end may precede its start: see `repair_ends`. None where there is none."""
    end_ms: int | None
    speaker: str
    """As named in the file, or ""."""
    text: str
    """Without markup; lines are separated by newlines."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """The lines of one text in one language, in the order of the file."""

    kind: TrackKind
    language: str
    """A BCP 47 tag, or "" where the file does not state it."""
    segments: Sequence[Segment]


class Problem(NamedTuple):
    """Something in a file that is wrong, or could not be read."""

    line: int | None
    """Line of a text file or row of a table, counted from 1."""
    message: str

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The tracks of a file.

    An unreadable file has a reason and no tracks.
    """

    format: str
    """Name of the format, as users know it; "" if it was not recognized."""
    encoding: str = ""
    """Python's name of the text's encoding; "" for binary formats."""
    tracks: Sequence[Track] = ()
    problems: Sequence[Problem] = ()
    """The first ones."""
    problem_count: int = 0
    reason: str = ""
    """Why nothing could be read."""


class UnreadableError(Exception):
    """A file cannot be read; the message is a clause that names the reason.

    :param line: where the reason is, counted from 1.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(str(Problem(line, message)))


PROBLEMS_KEPT = 20


@dataclass(kw_only=True)
class Problems:
    """Collector of a file's problems: the first ones and their number."""

    found: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, message: str, *, line: int | None = None) -> None:
        self.count += 1
        if len(self.found) < PROBLEMS_KEPT:
            self.found.append(Problem(line, message))
