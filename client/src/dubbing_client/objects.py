"""Objects of the portal's API, as decoded from JSON.

Sizes are bytes, times ISO 8601 in UTC, codes UUIDs.
"""

from __future__ import annotations

from typing import Any, TypedDict


class Progress(TypedDict):
    transcription: bool
    translations: bool
    audio: bool
    videos: bool


class Session(TypedDict):
    code: str
    name: str
    version: int
    """Number of the current version; 0 before the first save."""
    video_name: str
    languages: list[str]
    stage: str
    progress: Progress
    file_count: int
    total_size: int
    created_at: str
    last_updated: str
    last_accessed: str
    trashed_at: str | None


class MarkedText(TypedDict):
    text: str
    marks: list[list[int]]
    """Start and end of the matched parts."""


class FoundLanguage(TypedDict):
    tag: str
    name: MarkedText


class FoundFile(TypedDict):
    path: MarkedText
    category: str
    language: str


class FoundMessage(TypedDict):
    version: int
    text: MarkedText


class FoundLine(TypedDict):
    text: MarkedText
    start_ms: int | None
    language: str
    path: str
    track: int
    number: int


class FoundSession(TypedDict):
    code: str
    name: MarkedText
    video_name: MarkedText
    version: int
    languages: list[FoundLanguage]
    files: list[FoundFile]
    messages: list[FoundMessage]
    lines: list[FoundLine]
    line_count: int
    """Number of all lines that were found."""


class ChangeGroup(TypedDict):
    count: int
    size: int
    paths: list[str]
    """The first ones."""


class LeftOutFile(TypedDict):
    path: str
    """As it is shown."""
    code: str
    reason: str


class LeftOut(TypedDict):
    count: int
    files: list[LeftOutFile]
    """The first ones."""


class Stale(TypedDict):
    reason: str
    """Why results must be made again, in a clause."""


class LineCounts(TypedDict):
    total: int
    voiced: int
    gaps: list[int]
    unvoiced_speakers: list[str]


class ProgressCell(TypedDict):
    language: str
    step: str
    state: str
    stale: Stale | None
    lines: LineCounts | None


class ProgressByLanguage(TypedDict):
    languages: list[str]
    finished: list[str]
    cells: list[ProgressCell]


class Version(TypedDict):
    number: int
    created_at: str
    created_by: str
    message: str
    restored_from: int | None
    fingerprint: str
    file_count: int
    left_out: LeftOut
    total_size: int
    stored_size: int
    change_summary: str
    changes: dict[str, ChangeGroup]
    video_name: str
    languages: list[str]
    stage: str
    progress: Progress
    progress_by_language: ProgressByLanguage | None
    """None from portals that do not know it, and for old versions."""


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


class Entry(TypedDict):
    path: str
    """Path in the saved folder."""
    size: int
    sha256: str
    crc32: str
    category: str
    language: str
    role: str
    labeled_by: str
    executable: bool
    mtime_ns: int | None
    added_in: int


class Document(TypedDict):
    size: int
    sha256: str


class Manifest(TypedDict):
    version: int
    fingerprint: str
    entries: list[Entry]
    empty_folders: list[str]
    metadata: Document
    """The metadata.json of the session's tree."""


class Part(TypedDict):
    number: int
    size: int
    etag: str


class Upload(TypedDict):
    code: str
    path: str
    file_count: int
    size: int
    received: int
    part_size: int
    part_count: int
    parts: list[Part]
    state: str
    direct: bool
    """Whether parts are sent directly to the object store, with signed URLs."""
    expires_at: str


class SignedPart(TypedDict):
    upload: str
    number: int
    method: str
    url: str
    headers: dict[str, str]
    expires_at: str | None


class JobError(TypedDict):
    code: str
    message: str


class Job(TypedDict):
    code: str
    kind: str
    state: str
    session: str | None
    percent: int
    done_bytes: int
    total_bytes: int
    error: JobError | None
    result: dict[str, Any]
    created_at: str
    started_at: str | None
    finished_at: str | None


class Token(TypedDict):
    name: str
    scope: str
    expires_at: str | None
    last_used_at: str | None


class Quota(TypedDict):
    used: int
    limit: int | None


class Storage(TypedDict):
    used: int
    limit: int | None
    """Null for unlimited."""
    sessions: int
    trash: int
    uploads: int
    available: int | None
    """On the server's disk, for all users."""


class Freed(TypedDict):
    count: int
    size: int


class Me(TypedDict):
    name: str
    email: str
    token: Token | None
    part_size: int
    max_pack_file_size: int
    max_file_size: int
    max_files: int
    quota: Quota


class PlacedFile(TypedDict):
    source: str
    path: str
    category: str
    label: str
    language: str
