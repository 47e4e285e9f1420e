"""Objects of the portal's API, as decoded from JSON.

Sizes are bytes, times ISO 8601 in UTC, codes UUIDs.
"""

from __future__ import annotations

from typing import Any, TypedDict

from dubbing_client.media_objects import Derivative, Media, Poster


class Progress(TypedDict):
    transcription: bool
    translations: bool
    audio: bool
    videos: bool


class LanguageProgress(TypedDict, total=False):
    """Facts that old portals do not send."""

    target_languages: list[str]
    finished_languages: list[str]
    has_stale: bool


class Marks(TypedDict, total=False):
    """What users put on a session; old portals do not send it."""

    tags: list[str]
    is_starred: bool


class SessionMedia(TypedDict, total=False):
    """What is known of a session's videos; old portals do not send it."""

    duration_ms: int | None
    poster: Poster | None


class Session(LanguageProgress, Marks, SessionMedia):
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


class Tag(TypedDict):
    code: str
    name: str


class Filter(TypedDict):
    """A filter of the session list that the user saved."""

    code: str
    name: str
    query: str


class SessionArchive(TypedDict):
    """The current versions of several sessions, as one ZIP."""

    code: str
    url: str
    """Path of the portal, for the same token."""
    session_count: int


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
    """Number of lines that were found."""
    has_more_lines: bool
    """Whether there may be others, in texts of thousands of lines."""


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


class Checked(TypedDict):
    """A user's check of a stale result."""

    version: int
    by: str
    at: str


class ProgressCell(TypedDict):
    language: str
    step: str
    state: str
    files: int
    stale: Stale | None
    lines: LineCounts | None
    gaps: list[str]
    """What is missing or does not fit; absent in portals that do not know it."""
    checked: Checked | None
    """Absent in portals that do not know it."""


class _ReadingState(TypedDict, total=False):
    is_read: bool
    """Whether the portal has read the texts; old portals do not send it."""


class ProgressByLanguage(_ReadingState):
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


class TextTrack(TypedDict):
    """The lines of one text in one language."""

    key: str
    path: str
    use: str
    language: str
    lines: int
    speakers: int
    end_ms: int
    has_times: bool
    language_problem: str
    """That the text is in no script of its language, or ""."""


class TextFile(TypedDict):
    """A file that was read as subtitles, transcript or translation."""

    path: str
    format: str
    reason: str
    """Why no lines could be read, or ""."""
    problem_count: int


class VersionTexts(TypedDict):
    is_read: bool
    tracks: list[TextTrack]
    files: list[TextFile]


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


class FileEntry(Entry):
    """A file of a version, with what is known of its contents."""

    media: Media | None
    """None for files that are not audio or video, or were not read yet."""
    derivatives: dict[str, Derivative] | None


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
    previews: int
    """Of posters, waveforms, audio tracks and light copies."""
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
