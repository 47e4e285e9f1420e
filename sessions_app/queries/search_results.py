"""What a query found in each session of a page.

The number of queries does not depend on the number of sessions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from dubbing_core.categories import Category
from dubbing_core.language_names import get_language_names
from dubbing_core.search.marks import Part, find_matched_terms, mark_parts
from dubbing_core.search.query import Query, Term
from dubbing_core.timeline.tracks import TrackKind
from sessions_app.models import BlobTimeline, DubbingSession, Entry, TextLine, Version
from sessions_app.models.text_line import FoundLine
from sessions_app.queries.search import TextSearch, current_texts

LINES_SHOWN = 3
"""Of each session; files and messages as well."""
LINES_PER_PAGE = 50
MAX_KEY_DIGITS = 19
MAX_READ = 5000
"""Paths, and messages, that are compared with the query for one page."""


@dataclass(frozen=True, kw_only=True)
class FoundText:
    """A line that contains all terms of the query."""

    parts: list[Part]
    start_ms: int | None
    language: str
    """A BCP 47 tag, or ""."""
    path: str
    category: str
    track: int
    """Number of the track in the file, from 0."""
    number: int
    """Number of the line in its track, from 0."""


@dataclass(frozen=True, kw_only=True)
class FoundLanguage:
    tag: str
    parts: list[Part]
    """A name of the language, the one that contains a term."""


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    path: str
    parts: list[Part]
    category: str
    language: str


@dataclass(frozen=True, kw_only=True)
class FoundMessage:
    """Message of a version."""

    number: int
    parts: list[Part]


@dataclass(kw_only=True)
class SearchResult:
    """What was found in a session."""

    code: UUID
    name: str
    version: int
    """Number of the current version; 0 if there is none."""
    name_parts: list[Part]
    video_parts: list[Part]
    languages: list[FoundLanguage] = field(default_factory=list)
    files: list[FoundFile] = field(default_factory=list)
    messages: list[FoundMessage] = field(default_factory=list)
    lines: list[FoundText] = field(default_factory=list)
    line_count: int = 0
    """Number of all lines that were found."""


def describe_results(
    search: TextSearch, sessions: Sequence[DubbingSession], *, line_limit: int = LINES_SHOWN
) -> list[SearchResult]:
    """Return what a query found in these sessions, in their order."""
    query = search.query
    results = {session.pk: _describe_session(session, query) for session in sessions}
    known = DubbingSession.objects.filter(search.find_known(query), pk__in=results)
    unexplained: dict[int, Query] = {}
    for session in sessions:
        if terms := tuple(term for term in query.terms if term not in _explain(session, query)):
            unexplained[session.pk] = Query(terms)
    if unexplained:
        known_ids = set(known.filter(pk__in=unexplained).values_list("pk", flat=True))
        unexplained = {pk: query for pk, query in unexplained.items() if pk in known_ids}
    if unexplained:
        _add_messages(results, unexplained)
        _add_files(results, unexplained)
    _add_lines(results, query, line_limit)
    return list(results.values())


def _describe_session(session: DubbingSession, query: Query) -> SearchResult:
    current = session.current
    return SearchResult(
        code=session.code,
        name=session.name,
        version=current.number if current else 0,
        name_parts=mark_parts(session.name, query),
        video_parts=mark_parts(current.video_name if current else "", query),
        languages=list(_find_languages(session, query)),
    )


@dataclass(frozen=True, kw_only=True)
class LinePage:
    """Lines of one session."""

    result: SearchResult
    next: int | None
    """Key of the last line, if others follow."""


def get_line_page(
    search: TextSearch, session: DubbingSession, *, after: str, size: int = LINES_PER_PAGE
) -> LinePage:
    """Return one page of the lines of a session that contain all terms, file by file.

    :param after: key of the last line of the page before; anything else stands for the start.
    """
    result = _describe_session(session, search.query)
    texts = _get_texts([session.pk]) if search.query else {}
    first = int(after) if after.isdecimal() and len(after) < MAX_KEY_DIGITS else 0
    found = TextLine.objects.find_lines(search.query, texts.keys(), per_blob=size + 1, after=first)
    chosen = [(line.id, text) for line in found[:size] for text in texts[line.blob_id]]
    result.line_count = sum({line.blob_id: line.total for line in found}.values())
    _fill_lines({session.pk: result}, search.query, {session.pk: chosen})
    return LinePage(result=result, next=found[size - 1].id if len(found) > size else None)


def _find_languages(session: DubbingSession, query: Query) -> Iterator[FoundLanguage]:
    for tag in session.current.languages if session.current else []:
        names = (tag, *get_language_names(tag))
        for name in names:
            if find_matched_terms(name, query):
                shown = names[1] if name == tag and len(names) > 1 else name
                yield FoundLanguage(tag=tag, parts=mark_parts(shown, query))
                break


def _explain(session: DubbingSession, query: Query) -> set[Term]:
    """Return the terms that are in what each result shows."""
    texts = [session.name]
    if session.current:
        texts.append(session.current.video_name)
        for tag in session.current.languages:
            texts += [tag, *get_language_names(tag)]
    return set().union(*(find_matched_terms(text, query) for text in texts))


def _add_messages(results: dict[int, SearchResult], unexplained: dict[int, Query]) -> None:
    versions = Version.objects.filter(session_id__in=unexplained).exclude(message="").order_by("-number")
    for session_id, number, message in versions.values_list("session_id", "number", "message")[:MAX_READ]:
        query, found = unexplained[session_id], results[session_id].messages
        if len(found) < LINES_SHOWN and find_matched_terms(message, query):
            found.append(FoundMessage(number=number, parts=mark_parts(message, query)))


def _add_files(results: dict[int, SearchResult], unexplained: dict[int, Query]) -> None:
    entries = Entry.objects.filter(session_id__in=unexplained, removed_in__isnull=True).files()
    rows = entries.filter(_contains_any(unexplained.values())).order_by("session_id", "path")
    columns = rows.values_list("session_id", "path", "category", "language")
    for session_id, path, category, language in columns[:MAX_READ]:
        query, found = unexplained[session_id], results[session_id].files
        if len(found) < LINES_SHOWN and find_matched_terms(path, query):
            parts = mark_parts(path, query)
            found.append(FoundFile(path=path, parts=parts, category=category, language=language))


def _contains_any(queries: Iterable[Query]) -> Q:
    """Return the condition that a path may contain one of the terms.

    Databases fold ASCII letters only.
    """
    pieces = {piece.text for query in queries for term in query.terms for piece in term.pieces}
    if not all(piece.isascii() for piece in pieces):
        return Q()
    return reduce(or_, (Q(path__icontains=piece) for piece in pieces))


class _CurrentText(NamedTuple):
    session_id: int
    path: str
    category: str
    language: str


def _get_texts(session_ids: Iterable[int]) -> dict[int, list[_CurrentText]]:
    """Return the texts of sessions by blob, sorted by path."""
    texts: dict[int, list[_CurrentText]] = defaultdict(list)
    columns = current_texts().filter(session_id__in=session_ids).order_by("entry__path")
    for blob_id, session_id, path, category, language in columns.values_list(
        "blob_id", "session_id", "entry__path", "entry__category", "entry__language"
    ):
        texts[blob_id].append(_CurrentText(session_id, path, category, language))
    return texts


def _add_lines(results: dict[int, SearchResult], query: Query, limit: int) -> None:
    texts = _get_texts(results)
    found: dict[int, list[FoundLine]] = defaultdict(list)
    for line in TextLine.objects.find_lines(query, texts.keys(), per_blob=limit):
        found[line.blob_id].append(line)
    for blob_id, lines in found.items():
        for text in texts[blob_id]:
            results[text.session_id].line_count += lines[0].total
    _fill_lines(results, query, _choose_lines(texts, found, limit))


def _fill_lines(
    results: dict[int, SearchResult], query: Query, chosen: dict[int, list[tuple[int, _CurrentText]]]
) -> None:
    rows = TextLine.objects.in_bulk({line_id for lines in chosen.values() for line_id, _ in lines})
    tracks = _find_tracks(rows.values())
    for session_id, lines in chosen.items():
        results[session_id].lines += [
            _describe_line(rows[line_id], text, query, tracks)
            for line_id, text in lines
            if line_id in rows  # its blob may have been deleted in the meantime
        ]


def _choose_lines(
    texts: dict[int, list[_CurrentText]], found: dict[int, list[FoundLine]], limit: int
) -> dict[int, list[tuple[int, _CurrentText]]]:
    """Return keys of the lines to show by session: the first of each text first."""
    chosen: dict[int, list[tuple[int, _CurrentText]]] = defaultdict(list)
    for place in range(limit):
        for blob_id, current in texts.items():
            for text in current:
                if place < len(found[blob_id]) and len(chosen[text.session_id]) < limit:
                    chosen[text.session_id].append((found[blob_id][place].id, text))
    for lines in chosen.values():
        lines.sort(key=lambda line: (line[1].path, line[0]))
    return chosen


def _find_tracks(lines: Iterable[TextLine]) -> dict[tuple[int, int], tuple[TrackKind, str]]:
    """Return kind and stated language of tracks, by blob and number of the track."""
    timelines = BlobTimeline.objects.filter(pk__in={line.blob_id for line in lines})
    return {
        (blob_id, number): (TrackKind(track["kind"]), track["language"])
        for blob_id, summary in timelines.values_list("pk", "summary")
        for number, track in enumerate(summary)
    }


def _describe_line(
    line: TextLine, text: _CurrentText, query: Query, tracks: dict[tuple[int, int], tuple[TrackKind, str]]
) -> FoundText:
    kind, stated = tracks.get((line.blob_id, line.track), (TrackKind.TEXT, ""))
    # The label of a translation is not the language of the original in the same file.
    is_labeled = kind is not TrackKind.TRANSCRIPT or text.category == Category.TRANSCRIPTIONS
    return FoundText(
        parts=mark_parts(line.text, query),
        start_ms=line.start_ms,
        language=stated or (text.language if is_labeled else ""),
        path=text.path,
        category=text.category,
        track=line.track,
        number=line.number,
    )
