"""The lines of sessions that match a query.

The index finds chunks of lines; the lines of these decide.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.languages import fold_language_tag
from dubbing_core.timeline.catalog import get_role_rank
from dubbing_core.timeline.tracks import TrackKind
from sessions_app.models import LineBlock, TextChunk
from sessions_app.models.bulk import select_numbers
from sessions_app.models.line_block import ShownBlock, get_block_key
from sessions_app.models.text_chunk import BLOB_SHIFT, LINES_PER_CHUNK
from sessions_app.models.token_index import has_loose_match, is_postgresql
from sessions_app.queries.search_languages import LineQuery
from sessions_app.queries.timelines import READ_CATEGORIES

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


class TextFile(NamedTuple):
    """A file with lines in the current version of a session."""

    session_id: int
    blob_id: int
    path: str
    category: str
    language: str
    role: str

    @property
    def rank(self) -> tuple[bool, int, str]:
        """The sort key: files with tracks first, of these results before working files."""
        return self.category not in READ_CATEGORIES, get_role_rank(self.role), self.path

    def get_language(self, kind: str, stated: str) -> str:
        """Return the language of one of its tracks.

        The label of a translation is not the language of the original in the same file.
        """
        is_labeled = kind != TrackKind.TRANSCRIPT or self.category == Category.TRANSCRIPTIONS
        return stated or (self.language if is_labeled else "")


class LinePlace(NamedTuple):
    file: TextFile
    chunk_id: int
    number: int
    """Of the line in its chunk."""

    @property
    def key(self) -> int:
        return self.chunk_id + self.number

    @property
    def block_id(self) -> int:
        return get_block_key(self.key, self.chunk_id)


class FoundChunk(NamedTuple):
    """A chunk with lines that match."""

    file: TextFile
    id: int
    number: int
    """Of the first line in its track."""
    language: str
    folded: bytes
    ends: list[int]
    """Places in `folded` where the lines end, in its order."""

    def list_places(self) -> Iterator[LinePlace]:
        return (LinePlace(self.file, self.id, number) for number in self.count_lines())

    def count_lines(self) -> Iterator[int]:
        """Yield the numbers in the chunk of the lines that match."""
        number = start = 0
        for end in self.ends:
            number += self.folded.count(b"\n", start, end)
            yield number
            start = end

    def list_lines(self) -> list[bytes]:
        """Return the folded lines that match."""
        folded = self.folded
        return [folded[folded.rfind(b"\n", 0, end) + 1 : end] for end in self.ends]


@dataclass(kw_only=True)
class FoundPlaces:
    """Lines of a session that match."""

    by_file: dict[TextFile, list[FoundChunk]] = field(default_factory=dict)
    unread: list[tuple[TextFile, int]] = field(default_factory=list)
    """Chunks that may contain further lines."""

    @property
    def count(self) -> int:
        return sum(len(chunk.ends) for chunks in self.by_file.values() for chunk in chunks)

    def remove_copies(self) -> None:
        """Remove the lines that a better file has as well."""
        if len(self.by_file) <= 1:
            return
        remaining = _remove_copies(chain.from_iterable(self.by_file.values()))
        self.by_file = {}
        for chunk in remaining:
            self.by_file.setdefault(chunk.file, []).append(chunk)

    def choose(self, limit: int) -> list[LinePlace]:
        """Return the lines to show: the first of each file first, in the order of paths."""
        first = [list(islice(_list_places(chunks), limit)) for chunks in self.by_file.values()]
        turns = chain.from_iterable(zip_longest(*first))
        chosen = islice((place for place in turns if place is not None), limit)
        return sorted(chosen, key=lambda place: (place.file.path, place.key))


def _remove_copies(chunks: Iterable[FoundChunk]) -> list[FoundChunk]:
    """Return chunks of a session without the lines that a better file has.

    The best files are first. Tools write the same lines to several files.
    """
    by_file: dict[TextFile, list[FoundChunk]] = defaultdict(list)
    for chunk in chunks:
        by_file[chunk.file].append(chunk)
    languages: dict[bytes, set[str]] = {}
    """Of each line that remains."""
    better: list[FoundChunk] = []
    remaining: list[FoundChunk] = []
    for file in sorted(by_file, key=lambda each: each.rank):
        if file.role == Role.BILINGUAL:
            parts = _group_by_number(better)
            different = [_remove_bilingual_lines(chunk, languages, parts) for chunk in by_file[file]]
        else:
            different = [_remove_lines(chunk, languages) for chunk in by_file[file]]
        for chunk in different:
            language = fold_language_tag(chunk.language)
            for line in chunk.list_lines():
                languages.setdefault(line, set()).add(language)
        better += by_file[file]
        remaining += [chunk for chunk in different if chunk.ends]
    return remaining


def _remove_lines(chunk: FoundChunk, languages: Mapping[bytes, AbstractSet[str]]) -> FoundChunk:
    """Return a chunk without the lines that others have in the same language.

    A line in an unknown language may be in any.
    """
    language = fold_language_tag(chunk.language)
    lines = zip(chunk.ends, chunk.list_lines(), strict=True)
    ends = [end for end, line in lines if not is_same_language(language, languages.get(line, ()))]
    return chunk._replace(ends=ends)


def _remove_bilingual_lines(
    chunk: FoundChunk, others: Container[bytes], parts: Mapping[int, AbstractSet[bytes]]
) -> FoundChunk:
    """Return a chunk of a bilingual file without the lines that others have.

    Its lines are an original and its translation. Files with either have the line of the same number. Other lines may begin or end
    with the same words. Often only one of the two matches the query.

    :param parts: lines of better files by number.
    """

    def is_copy(number: int, line: bytes) -> bool:
        own = parts.get(number, ())
        return line in others or any(line.startswith(part) or line.endswith(part) for part in own)

    numbers = (chunk.number + number for number in chunk.count_lines())
    lines = zip(chunk.ends, numbers, chunk.list_lines(), strict=True)
    return chunk._replace(ends=[end for end, number, line in lines if not is_copy(number, line)])


def _group_by_number(chunks: Iterable[FoundChunk]) -> dict[int, set[bytes]]:
    """Return lines by their number in their track."""
    lines: dict[int, set[bytes]] = defaultdict(set)
    for chunk in chunks:
        for number, line in zip(chunk.count_lines(), chunk.list_lines(), strict=True):
            lines[chunk.number + number].add(line)
    return lines


def is_same_language(language: str, others: Collection[str]) -> bool:
    """Return whether a folded language may be one of some others; "" is unknown."""
    return language in others or bool(others and not language) or "" in others


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
        found[chunk.file.session_id].by_file.setdefault(chunk.file, []).append(chunk)


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
        different = sorted(_remove_copies(read_chunks(chunks, queries)), key=lambda chunk: chunk.id)
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
