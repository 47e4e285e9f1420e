"""JSON objects of the API that describe differences of versions."""

from __future__ import annotations

from typing import Any, TypedDict

from dubbing_client.objects import ChangeGroup


class Relabeling(TypedDict):
    name: str
    before: str
    after: str


class FileChange(TypedDict):
    """A file that differs between two versions."""

    path: str
    previous_path: str | None
    """Of moved files."""
    kind: str
    size: int
    previous_size: int | None
    relabeling: list[Relabeling]
    media_changes: list[Relabeling]
    """What differs in audio or video; absent in portals that do not know it."""


class CellState(TypedDict):
    state: str
    stale: str | None


class CellChange(TypedDict):
    language: str
    step: str
    before: CellState
    after: CellState


class ProgressChange(TypedDict):
    added_languages: list[str]
    removed_languages: list[str]
    cells: list[CellChange]


class ValueChange(TypedDict):
    key: list[str]
    kind: str
    before: Any
    after: Any


class Diff(TypedDict):
    """What leads from one version to another one."""

    from_version: int
    to_version: int
    summary: str
    counts: dict[str, ChangeGroup]
    progress: ProgressChange | None
    metadata: list[ValueChange]
    files: list[FileChange]
    """Of all pages."""


class Line(TypedDict):
    start_ms: int | None
    end_ms: int | None
    speaker: str
    text: str


class LineChange(TypedDict):
    """Lines that differ."""

    kind: str
    number: int
    """Of the first line in the newer text."""
    previous_number: int
    before: list[Line]
    after: list[Line]
    shift_ms: int | None
    """By how much a retimed line was moved."""


class TrackDiff(TypedDict):
    language: str
    summary: str
    lines: list[LineChange]


class TextDiff(TypedDict):
    """The lines of a text in two versions."""

    path: str
    tracks: list[TrackDiff]
    reason: str
    """Why they cannot be compared, or ""."""


class SharedFile(TypedDict):
    """A file that is restored as a whole, although it has further languages."""

    path: str
    languages: list[str]


class RestorePreview(TypedDict):
    """What restoring a part of a version would change."""

    current: int
    message: str
    summary: str
    counts: dict[str, ChangeGroup]
    files: list[FileChange]
    """The first ones."""
    metadata: list[ValueChange]
    progress: ProgressChange | None
    shared_files: list[SharedFile]
    """Absent in portals that do not know it."""
