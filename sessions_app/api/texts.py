"""Texts of a version: tracks, their lines, and unreadable files."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from pydantic import BaseModel

from dubbing_core.categories import Category
from dubbing_core.timeline.catalog import CatalogTrack, TrackUse
from dubbing_core.timeline.writers import TextFormat
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import binary_responses, read_endpoint
from sessions_app.api.versions import router
from sessions_app.http.lookups import get_version_or_404
from sessions_app.http.tracks import track_response
from sessions_app.queries.timelines import StoredText, get_version_texts
from sessions_app.translation import localize_stored

TRACK = {
    text_format.media_type: {"schema": {"type": "object" if text_format is TextFormat.JSON else "string"}}
    for text_format in TextFormat
}


class TextTrack(BaseModel):
    """The lines of one text in one language."""

    key: str
    """For its address: `source`, a language such as `hi`, or with a number where there are several: `hi.2`."""
    path: str
    """Of the file with the lines. Of files with the same text only the best one has a track."""
    use: TrackUse
    language: str
    """A BCP 47 tag, or empty."""
    lines: int
    speakers: int
    """Number of named speakers."""
    end_ms: int
    """End of the last line; 0 without times."""
    has_times: bool
    language_problem: str
    """That the text is in no script of its language, as a clause; empty if it is."""

    @classmethod
    def of(cls, track: CatalogTrack) -> TextTrack:
        return cls(
            key=track.key,
            path=track.path,
            use=track.use,
            language=track.language,
            lines=track.lines,
            speakers=track.speakers,
            end_ms=track.end_ms,
            has_times=track.has_times,
            language_problem=track.language_problem,
        )


class TextProblem(BaseModel):
    line: int | None
    """Line of a text file or row of a table, counted from 1."""
    message: str


class TextFile(BaseModel):
    """A file that was read as subtitles, transcript or translation."""

    path: str
    category: Category
    language: str
    role: str
    format: str
    """Empty if it was not recognized."""
    encoding: str
    """Of the text; empty for binary formats."""
    reason: str
    """Why no lines could be read; empty if they were, or if the file is a working file of a tool that contains none."""
    problems: list[TextProblem]
    """The first ones, of files that were read in spite of them."""
    problem_count: int

    @classmethod
    def of(cls, file: StoredText) -> TextFile:
        return cls(
            path=file.path,
            category=Category(file.category),
            language=file.language,
            role=file.role,
            format=file.format,
            encoding=file.encoding,
            reason=localize_stored(file.reason) if file.is_unreadable else "",
            problems=[
                TextProblem(line=problem.line, message=localize_stored(problem.message))
                for problem in file.list_problems()
            ],
            problem_count=file.problem_count,
        )


class VersionTexts(BaseModel):
    is_read: bool
    """Whether all files of the version were read. They are read in the background after a save."""
    tracks: list[TextTrack]
    """The source's first, then by language, the best of each first."""
    files: list[TextFile]
    """Those that were read, by path."""


@router.get(
    "/sessions/{uuid:code}/versions/{int:number}/texts",
    **read_endpoint(
        VersionTexts,
        operation_id="list_texts",
        summary="List the transcripts and translations of a version, and files that cannot be read",
    ),
)
def list_texts(request: ApiRequest, code: UUID, number: int) -> VersionTexts:
    version = get_version_or_404(request.auth.user, code, number)
    texts = get_version_texts(version)
    return VersionTexts(
        is_read=version.has_read_texts,
        tracks=[TextTrack.of(track) for track in texts.tracks],
        files=[TextFile.of(file) for file in texts.files],
    )


@router.get(
    "/sessions/{uuid:code}/versions/{int:number}/texts/{str:name}",
    **read_endpoint(
        None,
        errors=(404, 409),
        operation_id="get_text",
        summary="Get a track as SubRip, WebVTT, CSV, plain text or JSON",
        description="`name` is the key of the track and the format: `hi.srt`, `source.vtt`, `fr.csv`, `hi.2.txt`, `hi.json`.",
        openapi_extra=binary_responses(TRACK, ranges=False),
    ),
)
def get_text(request: ApiRequest, code: UUID, number: int, name: str) -> HttpResponseBase:
    return track_response(get_version_or_404(request.auth.user, code, number), name)
