"""Lines of dialog by which sessions are found, in chunks of adjacent ones."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, models

from dubbing_core.search.query import Query
from dubbing_core.search.tokens import SEPARATOR, fold_line, join_tokens, tokenize
from dubbing_core.timeline.tracks import Segment, Track
from sessions_app.models.bulk import insert_rows
from sessions_app.models.commits import deferred_sync
from sessions_app.models.line_block import LineBlock, build_blocks
from sessions_app.models.token_index import build_exact_match, build_loose_match, is_postgresql

BLOB_SHIFT = 20
"""The key of a line is blob << 20 | place of the line in the file; that of a chunk is the key of its first line."""
MAX_LINES = 1 << BLOB_SHIFT
LINES_PER_CHUNK = 256
CHARACTERS_PER_CHUNK = 30_000
"""At most, unless a line is longer: PostgreSQL refuses a megabyte of different tokens."""
MAX_LINE = 10_000
"""In characters; the rest of a longer line is not found."""
CHUNKS_PER_TRANSACTION = 4
"""Written or deleted at once: SQLite has no other writer in the meantime."""


class FoldedChunk(NamedTuple):
    """The part of a chunk by which it is decided which of its lines match."""

    id: int
    number: int
    """Of the first line in its track."""
    kind: str
    language: str
    folded: bytes
    """In UTF-8: decoding takes longer than looking for a needle."""

    def find_ends(self, needles: Sequence[str]) -> list[int]:
        """Return where the lines end that contain all needles.

        Those are the places of their line feeds in `folded`. To number the lines takes as long as to find them, so that is done for
        those only that are shown.
        """
        folded = self.folded
        first, *others = [needle.encode() for needle in needles]
        if not all(needle in folded for needle in others):
            return []
        found: list[int] = []
        end = 0
        while (at := folded.find(first, end)) >= 0:
            # Needles begin inside of a line, so that the line's end is after them.
            end = folded.find(b"\n", at)
            if end < 0:
                end = len(folded)
            if not others or all(needle in self._get_line(at, end) for needle in others):
                found.append(end)
        return found

    def _get_line(self, at: int, end: int) -> bytes:
        """Return the line around a place."""
        return self.folded[self.folded.rfind(b"\n", 0, at) + 1 : end]


class TextChunkQuerySet(models.QuerySet["TextChunk"]):
    def replace(self, blob_id: int, tracks: Sequence[Track]) -> None:
        """Write the chunks of a blob, in several transactions.

        Two processes may do this at the same time: they write the same rows.
        """
        self.delete_in_batches([blob_id])
        rows = _build_rows(blob_id, tracks)
        while batch := list(islice(rows, CHUNKS_PER_TRANSACTION)):
            blocks = [block for _, its_blocks in batch for block in its_blocks]
            with deferred_sync():
                insert_rows(TextChunk, _COLUMNS, [chunk for chunk, _ in batch], ignore_conflicts=True)
                insert_rows(LineBlock, _BLOCK_COLUMNS, blocks, ignore_conflicts=True)

    def delete_in_batches(self, blob_ids: Collection[int]) -> None:
        """Delete the chunks of blobs, in several transactions."""
        keys = list(self.filter(blob_id__in=blob_ids).values_list("pk", flat=True))
        for start in range(0, len(keys), CHUNKS_PER_TRANSACTION):
            with deferred_sync():
                # Django reads the rows before it deletes others with them.
                self.only("pk").filter(pk__in=keys[start : start + CHUNKS_PER_TRANSACTION]).delete()

    def find(
        self,
        query: Query,
        *,
        limit: int | None = None,
        blob_ids: Collection[int] | None = None,
        is_loose: bool = False,
    ) -> list[int]:
        """Return the keys of chunks that may contain lines that match, of whatever user.

        Their lines decide: the index knows neither which tokens are in the same line nor, on PostgreSQL, which are adjacent.

        :param blob_ids: blobs to which the search is restricted.
        :param is_loose: whether to find further chunks, if that is faster.
        """
        parameters: list[Any] = [(build_loose_match if is_loose else build_exact_match)(query)]
        if is_postgresql():
            statement = _GIN
            if blob_ids is not None:
                statement += " AND blob_id = ANY(%s)"
                parameters.append(list(blob_ids))
        elif blob_ids is None:
            statement = _FTS
        else:
            statement = _FTS_OF_BLOBS
            parameters.insert(0, json.dumps(sorted(blob_ids)))
        with connection.cursor() as cursor:
            if limit is not None:
                statement += f" LIMIT {limit:d}"
            cursor.execute(statement, parameters)
            return sorted(key for (key,) in cursor.fetchall())

    def read_folded(self, keys: Collection[int], needles: Sequence[str]) -> list[FoldedChunk]:
        """Return those of the chunks that contain all needles."""
        if not keys:
            return []
        with connection.cursor() as cursor:
            if is_postgresql():  # sends others to no client
                contains = " AND strpos(folded, %s) > 0" * len(needles)
                cursor.execute(_FOLDED + contains, [list(keys), *needles])
                return [
                    FoldedChunk(key, number, kind, language, folded.encode())
                    for key, number, kind, language, folded in cursor.fetchall()
                ]
            cursor.execute(_FOLDED_BYTES, [json.dumps(list(keys))])
            return [FoldedChunk(*row) for row in cursor.fetchall()]


class TextChunk(models.Model):
    """Adjacent lines of a track of a subtitle or transcript, written once per blob."""

    id = models.BigIntegerField(primary_key=True)
    blob = models.ForeignKey("sessions_app.Blob", on_delete=models.CASCADE, related_name="text_chunks")
    track = models.PositiveSmallIntegerField(help_text="Number of the track in the file, from 0.")
    number = models.PositiveIntegerField(help_text="Number of the first line in its track, from 0.")
    kind = models.CharField(max_length=20, help_text="Of the track.")
    language = models.TextField(blank=True, help_text="As the track states it.")
    folded = models.TextField(help_text="Folded lines, by which it is decided whether one matches.")
    tokens = models.TextField(help_text="What the index contains.")

    objects = TextChunkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"text chunk {self.pk}"


_COLUMNS = ("id", "blob_id", "track", "number", "kind", "language", "folded", "tokens")
_BLOCK_COLUMNS = ("id", "chunk_id", "lines")


def _build_rows(
    blob_id: int, tracks: Sequence[Track]
) -> Iterator[tuple[tuple[object, ...], list[tuple[object, ...]]]]:
    """Yield the row of each chunk, and those of its blocks."""
    place = 0
    for track_number, track in enumerate(tracks):
        number = 0
        for segments in _split(track.segments):
            if place + len(segments) > MAX_LINES:
                return
            texts = [segment.text[:MAX_LINE] for segment in segments]
            if tokens := [token for text in texts for token in (*tokenize(text), SEPARATOR)]:
                key = blob_id << BLOB_SHIFT | place
                folded = "\n".join(map(fold_line, texts))
                facts = (track_number, number, track.kind.value, track.language)
                chunk = (key, blob_id, *facts, folded, join_tokens(tokens))
                yield chunk, list(build_blocks(key, segments, texts))
            place += len(segments)
            number += len(segments)


def _split(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Yield the lines of each chunk."""
    chunk: list[Segment] = []
    size = 0
    for segment in segments:
        length = min(len(segment.text), MAX_LINE)
        if chunk and (len(chunk) == LINES_PER_CHUNK or size + length > CHARACTERS_PER_CHUNK):
            yield chunk
            chunk, size = [], 0
        chunk.append(segment)
        size += length
    if chunk:
        yield chunk


_FOLDED = "SELECT id, number, kind, language, folded FROM sessions_app_textchunk WHERE id = ANY(%s)"
_FOLDED_BYTES = """
SELECT id, number, kind, language, CAST(folded AS BLOB) FROM sessions_app_textchunk WHERE id IN (SELECT value FROM json_each(%s))
"""
_GIN = "SELECT id FROM sessions_app_textchunk WHERE sessions_app_chunk_lexemes(tokens) @@ %s::tsquery"
_FTS = "SELECT rowid FROM sessions_app_textchunk_index WHERE sessions_app_textchunk_index MATCH %s"
# The index is entered at the range of keys of each blob.
_FTS_OF_BLOBS = """
SELECT found.rowid FROM json_each(%s) blob CROSS JOIN sessions_app_textchunk_index found
WHERE found.sessions_app_textchunk_index MATCH %s
AND found.rowid BETWEEN blob.value << 20 AND ((blob.value + 1) << 20) - 1
"""
