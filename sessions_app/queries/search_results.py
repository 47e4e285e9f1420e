"""What a query found in each session of a page.

The number of queries does not depend on the number of sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice
from operator import or_
from uuid import UUID

from django.db.models import Q

from dubbing_core.search.marks import find_matched_terms, mark_parts
from dubbing_core.search.query import Query, Term
from dubbing_core.text_part import TextPart
from sessions_app.language_names import get_language_names
from sessions_app.models import DubbingSession, Entry, Version
from sessions_app.models.line_block import ShownBlock
from sessions_app.queries.found_lines import LinePlace
from sessions_app.queries.search import MatchingSession, TextSearch
from sessions_app.queries.search_lines import list_files, list_places, read_shown

LINES_SHOWN = 3
"""Of each session; files and messages as well."""
LINES_PER_PAGE = 50
MAX_KEY_DIGITS = 19
MAX_READ = 5000
"""Paths, and messages, that are compared with the query for one page."""


@dataclass(frozen=True, kw_only=True)
class FoundText:
    """A line that contains all terms of the query."""

    parts: list[TextPart]
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
    parts: list[TextPart]
    """A name of the language, the one that contains a term."""


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    path: str
    parts: list[TextPart]
    category: str
    language: str


@dataclass(frozen=True, kw_only=True)
class FoundMessage:
    """Message of a version."""

    number: int
    parts: list[TextPart]


@dataclass(kw_only=True)
class SearchResult:
    """What was found in a session."""

    code: UUID
    name: str
    version: int
    """Number of the current version; 0 if there is none."""
    name_parts: list[TextPart]
    video_parts: list[TextPart]
    languages: list[FoundLanguage] = field(default_factory=list)
    files: list[FoundFile] = field(default_factory=list)
    messages: list[FoundMessage] = field(default_factory=list)
    lines: list[FoundText] = field(default_factory=list)
    line_count: int = 0
    """Number of lines that were found."""
    has_more_lines: bool = False
    """Whether there may be others, in texts of thousands of lines."""


def describe_results(
    search: TextSearch, sessions: Sequence[MatchingSession], *, line_limit: int = LINES_SHOWN
) -> list[SearchResult]:
    """Return what a query found in these sessions of its page, in their order."""
    query = search.query
    languages = _LanguageNames(query)
    results = {session.pk: _describe_session(session, query, languages) for session in sessions}
    unexplained: dict[int, Query] = {}
    for session in sessions:
        if session.pk in search.known:
            explained = _explain(session, query, languages)
            if terms := tuple(term for term in query.terms if term not in explained):
                unexplained[session.pk] = Query(terms)
    if unexplained:
        _add_messages(results, unexplained)
        _add_files(results, unexplained)
    _add_lines(results, search, line_limit)
    return list(results.values())


class _LanguageNames:
    """Names of languages compared with a query, once for all sessions."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._found: dict[str, tuple[FoundLanguage | None, set[Term]]] = {}

    def find(self, tag: str) -> FoundLanguage | None:
        """Return the language with the name that contains a term, if one does."""
        return self._get(tag)[0]

    def explain(self, tag: str) -> set[Term]:
        """Return the terms that are in the names of a language."""
        return self._get(tag)[1]

    def _get(self, tag: str) -> tuple[FoundLanguage | None, set[Term]]:
        if tag not in self._found:
            self._found[tag] = self._compare(tag)
        return self._found[tag]

    def _compare(self, tag: str) -> tuple[FoundLanguage | None, set[Term]]:
        names = (tag, *get_language_names(tag))
        matched = {name: terms for name in names if (terms := find_matched_terms(name, self._query))}
        if not matched:
            return None, set()
        name = next(iter(matched))
        shown = names[1] if name == tag and len(names) > 1 else name
        return FoundLanguage(tag=tag, parts=mark_parts(shown, self._query)), set().union(*matched.values())


def _describe_session(session: MatchingSession, query: Query, languages: _LanguageNames) -> SearchResult:
    return SearchResult(
        code=session.code,
        name=session.name,
        version=session.version or 0,
        name_parts=mark_parts(session.name, query),
        video_parts=mark_parts(session.video_name or "", query),
        languages=[found for tag in session.languages if (found := languages.find(tag))],
    )


def _explain(session: MatchingSession, query: Query, languages: _LanguageNames) -> set[Term]:
    """Return the terms that are in what each result shows."""
    terms = find_matched_terms(session.name, query) | find_matched_terms(session.video_name or "", query)
    return terms.union(*map(languages.explain, session.languages))


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
    result = _describe_session(MatchingSession.of(session), search.query, _LanguageNames(search.query))
    if not search.query:
        return LinePage(result=result, next=None)
    first = int(after) if after.isdecimal() and len(after) < MAX_KEY_DIGITS else -1
    files = list_files([session.pk])
    found = list(islice(list_places(files, search.line_queries, after=first), size + 1))
    _fill_lines({session.pk: result}, search.query, {session.pk: found[:size]})
    return LinePage(result=result, next=found[size - 1].key if len(found) > size else None)


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


def _add_lines(results: dict[int, SearchResult], search: TextSearch, limit: int) -> None:
    chosen: dict[int, list[LinePlace]] = {}
    for session_id, result in results.items():
        if places := search.places.get(session_id):
            result.line_count, result.has_more_lines = places.count, bool(places.unread)
            chosen[session_id] = places.choose(limit)
    _fill_lines(results, search.query, chosen)


def _fill_lines(results: dict[int, SearchResult], query: Query, chosen: dict[int, list[LinePlace]]) -> None:
    blocks = read_shown(place for places in chosen.values() for place in places)
    for session_id, places in chosen.items():
        results[session_id].lines += [
            _describe_line(blocks[place.block_id], place, query)
            for place in places
            if place.block_id in blocks  # its blob may have been deleted in the meantime
        ]


def _describe_line(block: ShownBlock, place: LinePlace, query: Query) -> FoundText:
    start_ms, text = block.get_line(place.key)
    return FoundText(
        parts=mark_parts(text, query),
        start_ms=start_ms,
        language=place.file.get_language(block.kind, block.language),
        path=place.file.path,
        category=place.file.category,
        track=block.track,
        number=block.get_number(place.key),
    )
