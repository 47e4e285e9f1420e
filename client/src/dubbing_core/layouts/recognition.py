"""What a recognizer reports about a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dubbing_core.enums import StrEnum
from dubbing_core.labels import Label, Role
from dubbing_core.steps import Step


class QuestionCode(StrEnum):
    """Kind of a question to a person."""

    SOURCE_OUTSIDE = "source_outside"
    """The tool keeps the source video outside of its folder."""
    SOURCE_AMBIGUOUS = "source_ambiguous"
    """Several files may be the source."""
    SOURCE_LANGUAGE = "source_language"
    """Two texts exist, and nothing states which one is the original."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question with its choices; the first is the recognizer's guess."""

    code: QuestionCode
    text: str
    choices: tuple[str, ...] = ()
    """Paths or language tags; empty where none of them is in the folder."""

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code.value, "text": self.text, "choices": list(self.choices)}


@dataclass(frozen=True, kw_only=True)
class TextPlace:
    """Location of a complete text."""

    path: str
    key: str = ""
    """Key of each line's text in a JSON document, or its column in a CSV table; "" for the whole file."""


@dataclass(kw_only=True)
class ToolFolder:
    """One project of one tool: its root and the files that its recognizer knows."""

    tool: str
    root: str = ""
    """Folder with its slash, or "" for the whole tree."""
    evidence: list[str] = field(default_factory=list)
    labels: dict[str, Label] = field(default_factory=dict)
    """By path in the tree: files with a name that only this tool uses there."""
    broad: dict[str, Label] = field(default_factory=dict)
    """Same, for names that may belong to another tool in the same folder."""
    source_language: str = ""
    target_languages: list[str] = field(default_factory=list)
    voices: dict[str, str] = field(default_factory=dict)
    """Voice by language or speaker."""
    speakers: list[str] = field(default_factory=list)
    transcript: TextPlace | None = None
    translations: dict[str, TextPlace] = field(default_factory=dict)
    """By language; "" where it is not known."""
    questions: list[Question] = field(default_factory=list)
    finished: dict[str, Step | None] = field(default_factory=dict)
    """Files whose presence records that a step has finished; None for a step that is not known."""
    source_candidates: list[str] = field(default_factory=list)
    """Paths of which one is the source, unless another tool made it; most probable first."""
    asks_for_source: str = ""
    """Question to ask where no candidate exists; "" where the folder may be at an early step."""

    def has_source(self) -> bool:
        labels = (*self.labels.values(), *self.broad.values())
        return any(label.role is Role.SOURCE for label in labels)


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """A folder's tools, with a label for every file."""

    tools: tuple[str, ...]
    """Names of the tools, the one with the most files first."""
    evidence: tuple[str, ...]
    labels: Mapping[str, Label]
    """By path, for every path that was passed in."""
    languages: tuple[str, ...]
    """Languages that the project is dubbed or translated into."""
    source_languages: tuple[str, ...] = ()
    voices: Mapping[str, str] = field(default_factory=dict)
    speakers: tuple[str, ...] = ()
    transcript: TextPlace | None = None
    translations: Mapping[str, TextPlace] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    finished: Mapping[str, Step | None] = field(default_factory=dict)
    folders: Sequence[ToolFolder] = ()

    @property
    def tool(self) -> str:
        """The tool's name, or the names of several joined by “ + ”."""
        return " + ".join(self.tools)

    def is_claimed(self, path: str) -> bool:
        """Return whether a tool knows the file by its name."""
        return any(path in folder.labels for folder in self.folders)

    @property
    def sources(self) -> list[str]:
        return [path for path, label in self.labels.items() if label.role is Role.SOURCE]

    @property
    def markers(self) -> list[str]:
        """Paths of small files with which tools record their progress; harmless to write."""
        return [path for path, label in self.labels.items() if label.role is Role.MARKER]

    @property
    def finish_markers(self) -> list[str]:
        """Those of the markers that tools write when a step has finished."""
        return [path for path in self.markers if path in self.finished]

    def to_json(self) -> dict[str, Any]:
        """Return the document that `classify` prints."""
        return {
            "tool": self.tool,
            "evidence": list(self.evidence),
            "questions": [question.to_json() for question in self.questions],
            "languages": list(self.languages),
            "source_languages": list(self.source_languages),
            "voices": dict(self.voices),
            "speakers": list(self.speakers),
            "transcript": _place_to_json(self.transcript),
            "translations": {tag: _place_to_json(place) for tag, place in self.translations.items()},
            "finished": {path: step.value if step else "" for path, step in self.finished.items()},
            "files": [
                {
                    "path": path,
                    "category": label.category.value,
                    "language": label.language,
                    "role": label.role.value,
                }
                for path, label in self.labels.items()
            ],
        }


def _place_to_json(place: TextPlace | None) -> dict[str, str] | None:
    return None if place is None else {"path": place.path, "key": place.key}
