"""The lines of sessions that match a query.

The index finds chunks of lines; the lines of these decide.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from typing import Any

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from sessions_app.models import LineBlock, TextChunk
from sessions_app.models.bulk import select_numbers
from sessions_app.models.line_block import ShownBlock
from sessions_app.models.text_chunk import BLOB_SHIFT, LINES_PER_CHUNK
from sessions_app.models.token_index import has_loose_match, is_postgresql
from sessions_app.queries.found_lines import FoundChunk, LinePlace, TextFile
from sessions_app.queries.line_copies import remove_copies
from sessions_app.queries.search_languages import LineQuery

FIRST_FILES = 2
"""Of a session, whose first chunks are read at first."""
FIRST_CHUNKS = 16
"""Of a session, that are read if few lines of those match: 4,096 lines. Further ones are read if no line of these matches."""
FEW_LINES = 5
GROWTH = 4
COMPARED_CHUNKS = 64
"""Up to which a list of all lines of a session omits copies, which requires reading all its chunks."""
FEW_BLOBS = 200
"""Of which the sessions are looked up; otherwise the blobs of the user's sessions are compared."""
BOOLEAN = BooleanField()
"""Of all conditions: making a field takes as long as a short query."""


@dataclass(kw_only=True)
class FoundPlaces:
    """Lines of a session that match."""

    by_file: dict[TextFile, list[FoundChunk]] = field(default_factory=dict)
    unread: list[tuple[TextFile, int]] = field(default_factory=list)
    """Chunks that may contain further lines."""

    @property
    def count(self) -> int:
        return sum(len(chunk.ends) for chunks in self.by_file.values() for chunk in chunks)

    def add(self, chunk: FoundChunk) -> None:
        self.by_file.setdefault(chunk.file, []).append(chunk)

    def remove_copies(self) -> None:
        """Remove the lines that a better file has as well."""
        if len(self.by_file) > 1:
            self.by_file = remove_copies(self.by_file)

    def choose(self, limit: int) -> list[LinePlace]:
        """Return the lines to show: the first of each file first, in the order of paths."""
        first = [list(islice(_list_places(chunks), limit)) for chunks in self.by_file.values()]
        turns = chain.from_iterable(zip_longest(*first))
        chosen = islice((place for place in turns if place is not None), limit)
        return sorted(chosen, key=lambda place: (place.file.path, place.key))


def _list_places(chunks: Iterable[FoundChunk]) -> Iterator[LinePlace]:
    return chain.from_iterable(chunk.list_places() for chunk in chunks)


class LineHits:
    """Chunks that may contain lines that match, by blob."""

    def __init__(
        self,
        queries: Sequence[LineQuery],
        *,
        limit: int | None = None,
        blob_ids: Collection[int] | None = None,
        is_loose: bool = False,
    ) -> None:
        """Find the chunks.

        :param blob_ids: blobs to which the search is restricted.
        :param is_loose: whether to find further chunks, if that is faster.
        """
        found = [
            TextChunk.objects.find(each.query, limit=limit, blob_ids=blob_ids, is_loose=is_loose)
            for each in queries
        ]
        self._queries = queries
        self.is_loose = is_loose and any(has_loose_match(each.query) for each in queries)
        """Whether an exact search may find fewer."""
        self._chunks = found
        """Of each query, sorted."""
        self.is_complete = limit is None or all(len(keys) < limit for keys in found)
        """Whether there are no others."""

    def select_sessions(self) -> list[RawSQL]:
        """Return conditions; one is true for a session that may have such lines."""
        found = zip(self._queries, self._chunks, strict=True)
        return [
            _select_sessions(line_query, {key >> BLOB_SHIFT for key in keys})
            for line_query, keys in found
            if keys
        ]

    def narrow(self, blob_ids: Collection[int]) -> LineHits:
        """Return the hits of some blobs without chunks that only a loose search found."""
        return LineHits(self._queries, blob_ids=blob_ids) if self.is_loose else self

    def list_chunks(self, blob_id: int) -> list[int]:
        first, end = blob_id << BLOB_SHIFT, (blob_id + 1) << BLOB_SHIFT
        found = [keys[bisect_left(keys, first) : bisect_left(keys, end)] for keys in self._chunks]
        return found[0] if len(found) == 1 else sorted(set().union(*found))


def _select_sessions(line_query: LineQuery, blob_ids: Collection[int]) -> RawSQL:
    numbers = select_numbers(blob_ids)
    statement, parameters = f"{_SESSIONS} AND present.blob_id IN ({numbers.sql})", [*numbers.params]
    if line_query.tags is not None:  # a file without a language may state that of each track
        tags = ["", *sorted(line_query.tags)]
        statement += f" AND lower(entry.language) IN ({', '.join(['%s'] * len(tags))})"
        parameters += tags
    if len(blob_ids) <= FEW_BLOBS or is_postgresql():
        return _condition(f"sessions_app_dubbingsession.id IN ({statement})", parameters)
    # SQLite reads the sessions in their order until the page is full, and looks for the few texts of each among these blobs.
    statement = statement.replace("present.blob_id IN", "+present.blob_id IN")
    statement = f"EXISTS ({statement} AND present.session_id = sessions_app_dubbingsession.id)"
    return _condition(statement, parameters)


def _condition(statement: str, parameters: Sequence[Any]) -> RawSQL:
    return RawSQL(statement, parameters, BOOLEAN)  # noqa: S611 (constants of this code)


def list_files(session_ids: Collection[int]) -> list[TextFile]:
    """Return the texts of sessions, the best first."""
    if not session_ids:
        return []
    numbers = select_numbers(session_ids)
    with connection.cursor() as cursor:
        cursor.execute(f"{_FILES} AND present.session_id IN ({numbers.sql})", numbers.params)
        files = [TextFile(*row) for row in cursor.fetchall()]
    return sorted(files, key=lambda file: file.rank)


def find_places(
    files: Iterable[TextFile], hits: LineHits, queries: Sequence[LineQuery]
) -> dict[int, FoundPlaces]:
    """Return the lines that match by session; only sessions with such lines."""
    found: dict[int, FoundPlaces] = defaultdict(FoundPlaces)
    first: dict[int, list[tuple[TextFile, int]]] = defaultdict(list)
    for turn, file, key in sorted(_take_turns(files, hits), key=lambda each: each[0]):
        is_first = turn == 0 and len(first[file.session_id]) < FIRST_FILES
        (first[file.session_id] if is_first else found[file.session_id].unread).append((file, key))
    _add_lines(found, list(chain.from_iterable(first.values())), queries)
    few = [places for places in found.values() if places.count < FEW_LINES]
    _add_lines(found, _take_unread(few, FIRST_CHUNKS), queries)
    unread = [places for places in found.values() if places.unread and not places.by_file]
    _narrow_unread(unread, hits)
    size = FIRST_CHUNKS
    while unread := [places for places in unread if places.unread and not places.by_file]:
        size *= GROWTH
        _add_lines(found, _take_unread(unread, size), queries)
    found = {session_id: places for session_id, places in found.items() if places.by_file}
    for places in found.values():
        places.remove_copies()
    return found


def _take_unread(found: Sequence[FoundPlaces], size: int) -> list[tuple[TextFile, int]]:
    batch = [chunk for places in found for chunk in places.unread[:size]]
    for places in found:
        del places.unread[:size]
    return batch


def _add_lines(
    found: dict[int, FoundPlaces], chunks: Sequence[tuple[TextFile, int]], queries: Sequence[LineQuery]
) -> None:
    for chunk in read_chunks(chunks, queries):
        found[chunk.file.session_id].add(chunk)


def _narrow_unread(unread: Sequence[FoundPlaces], hits: LineHits) -> None:
    """Leave the chunks that are worth reading."""
    if not unread:
        return
    hits = hits.narrow({file.blob_id for places in unread for file, _ in places.unread})
    for places in unread:
        blob_ids = {file.blob_id for file, _ in places.unread}
        chunks = {blob_id: set(hits.list_chunks(blob_id)) for blob_id in blob_ids}
        places.unread = [(file, key) for file, key in places.unread if key in chunks[file.blob_id]]


def _take_turns(files: Iterable[TextFile], hits: LineHits) -> Iterator[tuple[int, TextFile, int]]:
    for file in files:
        for turn, key in enumerate(hits.list_chunks(file.blob_id)):
            yield turn, file, key


def list_places(
    files: Collection[TextFile], queries: Sequence[LineQuery], *, after: int
) -> Iterator[LinePlace]:
    """Yield the lines of a session that match, in the order of their keys.

    Lines that a better file has as well are omitted, unless there are thousands of lines.

    :param after: key of a line: only lines after it.
    """
    hits = LineHits(queries, blob_ids={file.blob_id for file in files})
    chunks = sorted(
        ((file, key) for file in files for key in hits.list_chunks(file.blob_id)),
        key=lambda chunk: chunk[1],
    )
    if len(chunks) <= COMPARED_CHUNKS:
        found = FoundPlaces()
        for chunk in read_chunks(chunks, queries):
            found.add(chunk)
        found.remove_copies()
        different = sorted(chain.from_iterable(found.by_file.values()), key=lambda chunk: chunk.id)
        yield from (place for place in _list_places(different) if place.key > after)
        return
    chunks = [chunk for chunk in chunks if chunk[1] + LINES_PER_CHUNK > after]
    for start in range(0, len(chunks), FIRST_CHUNKS):
        for place in _list_places(read_chunks(chunks[start : start + FIRST_CHUNKS], queries)):
            if place.key > after:
                yield place


def read_chunks(chunks: Sequence[tuple[TextFile, int]], queries: Sequence[LineQuery]) -> Iterator[FoundChunk]:
    """Yield those of the chunks that have lines that match, in their order."""
    keys = {key for _, key in chunks}
    by_query = [
        (line_query, needles, {chunk.id: chunk for chunk in TextChunk.objects.read_folded(keys, needles)})
        for line_query in queries
        for needles in [line_query.query.needles]
    ]
    for file, key in chunks:
        ends: set[int] = set()
        folded, language, number = b"", "", 0
        for line_query, needles, found in by_query:
            chunk = found.get(key)
            if chunk is None:
                continue
            language = file.get_language(chunk.kind, chunk.language)
            if line_query.accepts(language):
                ends.update(chunk.find_ends(needles))
                folded, number = chunk.folded, chunk.number
        if ends:
            yield FoundChunk(file, key, number, language, folded, sorted(ends))


def read_shown(places: Iterable[LinePlace]) -> dict[int, ShownBlock]:
    """Return what results show of the blocks of lines, by key."""
    return LineBlock.objects.read({place.block_id for place in places})


# Of current versions: the worker may not have seen the newest ones yet.
_PRESENT = """
FROM sessions_app_currenttext present JOIN sessions_app_entry entry ON entry.id = present.entry_id
WHERE entry.removed_in IS NULL
"""
_SESSIONS = f"SELECT present.session_id {_PRESENT}"
_FILES = f"SELECT present.session_id, present.blob_id, entry.path, entry.category, entry.language, entry.role {_PRESENT}"
