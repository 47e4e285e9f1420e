"""Search in names, languages, files, messages and texts."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext
from ninja import Query, Router
from pydantic import BaseModel

from dubbing_core.categories import Category
from dubbing_core.text_part import TextPart
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint
from sessions_app.api.pagination import Cursor, Page
from sessions_app.api.problems import ProblemError
from sessions_app.queries.keyset import CursorError, Position
from sessions_app.queries.search import MAX_QUERY, NEWEST_FIRST, TextSearch
from sessions_app.queries.search_results import LINES_SHOWN, SearchResult, describe_results

router = Router()
MAX_LIMIT = 50
MAX_LINES = 50


class MarkedText(BaseModel):
    text: str
    marks: list[tuple[int, int]]
    """Start and end of the matched parts, in characters."""

    @classmethod
    def of(cls, parts: Iterable[TextPart]) -> MarkedText:
        text, marks = "", []
        for part in parts:
            if part.is_marked:
                marks.append((len(text), len(text) + len(part.text)))
            text += part.text
        return cls(text=text, marks=marks)


class FoundLanguage(BaseModel):
    tag: str
    name: MarkedText


class FoundFile(BaseModel):
    path: MarkedText
    category: Category
    language: str


class FoundMessage(BaseModel):
    version: int
    text: MarkedText


class FoundLine(BaseModel):
    """A line of a transcript or translation."""

    text: MarkedText
    start_ms: int | None
    """Null in files without times."""
    language: str
    path: str
    track: int
    """Number of the track in the file, from 0."""
    number: int
    """Number of the line in its track, from 0."""


class FoundSession(BaseModel):
    """A session that contains all terms of a query, and the places where they are."""

    code: UUID
    name: MarkedText
    video_name: MarkedText
    version: int
    """Number of the current version; 0 if there is none."""
    languages: list[FoundLanguage]
    files: list[FoundFile]
    """The first ones."""
    messages: list[FoundMessage]
    """The newest ones."""
    lines: list[FoundLine]
    """The first ones."""
    line_count: int
    """Number of lines that were found."""
    has_more_lines: bool
    """Whether there may be others, in texts of thousands of lines."""

    @classmethod
    def of(cls, result: SearchResult) -> FoundSession:
        return cls(
            code=result.code,
            name=MarkedText.of(result.name_parts),
            video_name=MarkedText.of(result.video_parts),
            version=result.version,
            languages=[
                FoundLanguage(tag=each.tag, name=MarkedText.of(each.parts)) for each in result.languages
            ],
            files=[
                FoundFile(
                    path=MarkedText.of(each.parts), category=Category(each.category), language=each.language
                )
                for each in result.files
            ],
            messages=[
                FoundMessage(version=each.number, text=MarkedText.of(each.parts)) for each in result.messages
            ],
            lines=[
                FoundLine(
                    text=MarkedText.of(each.parts),
                    start_ms=each.start_ms,
                    language=each.language,
                    path=each.path,
                    track=each.track,
                    number=each.number,
                )
                for each in result.lines
            ],
            line_count=result.line_count,
            has_more_lines=result.has_more_lines,
        )


@router.get(
    "/search",
    **read_endpoint(
        Page[FoundSession],
        errors=(),
        operation_id="search",
        summary="Search in names, languages, files, messages and texts",
        description=(
            "Finds sessions by their names, videos, owners, languages (by tag and by name), file names and messages, and by the"
            " lines of transcripts and translations of their current versions. A word finds words that begin with it, a"
            " part of a Chinese, Japanese, Thai or Korean text is found anywhere, words in quotation marks are found side"
            " by side. All must match; beside the name of a language they match lines in it. New versions can be found a few seconds after they were saved."
        ),
    ),
)
def search(
    request: ApiRequest,
    *,
    q: Annotated[str, Query(min_length=1, max_length=MAX_QUERY)],
    limit: Annotated[int, Query(10, ge=1, le=MAX_LIMIT, description="Maximum number of sessions.")],
    lines: Annotated[
        int, Query(LINES_SHOWN, ge=1, le=MAX_LINES, description="Maximum number of lines of each session.")
    ],
    cursor: Cursor,
) -> Page[FoundSession]:
    found = TextSearch(request.auth.user, q)
    if cursor:
        try:
            NEWEST_FIRST.after(cursor)
        except CursorError:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST,
                "bad_cursor",
                gettext("This cursor is not from this list. Start without a cursor."),
            ) from None
    page = found.get_page(size=limit, position=Position(after=cursor))
    results = describe_results(found, page.items, line_limit=lines)
    return Page(items=[FoundSession.of(result) for result in results], next=page.next)
