"""Lines of dialog with their tokens, and the texts that current versions contain."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, models

from dubbing_core.search.query import Query
from dubbing_core.search.tokens import join_tokens, tokenize
from dubbing_core.timeline.tracks import Track
from sessions_app.models.bulk import insert_rows
from sessions_app.models.commits import deferred_sync
from sessions_app.models.token_index import build_match, contains_sequences, is_postgresql

BLOB_SHIFT = 20
"""The key is blob << 20 | number of the line in the file, so that the index itself knows the blob."""
MAX_LINES = 1 << BLOB_SHIFT
ROWS_PER_INSERT = 1000


class FoundBlobs(NamedTuple):
    """Blobs with lines that match."""

    ids: list[int]
    is_complete: bool
    """Whether there are no others."""


class FoundLine(NamedTuple):
    id: int
    blob_id: int
    total: int
    """Matching lines of the blob."""


class TextLineQuerySet(models.QuerySet["TextLine"]):
    def replace(self, blob_id: int, tracks: Sequence[Track]) -> None:
        """Write the lines of a blob, in several transactions.

        Two processes may do this at the same time: they write the same rows.
        """
        self.filter(blob_id=blob_id).delete()
        rows = _build_rows(blob_id, tracks)
        while batch := list(islice(rows, ROWS_PER_INSERT)):
            with deferred_sync():
                insert_rows(TextLine, _COLUMNS, batch, ignore_conflicts=True)

    def find_blobs(self, query: Query, *, limit: int) -> FoundBlobs:
        """Return the blobs of the first `limit` lines that match, of whatever user."""
        sequences, texts = contains_sequences("line.tokens", query)
        if is_postgresql():
            found = f"SELECT line.blob_id AS blob_id {_FROM_GIN}{sequences}"
        elif texts:
            found = f"SELECT line.blob_id AS blob_id {_FROM_FTS_AND_TABLE}{sequences}"
        else:
            found = f"SELECT rowid >> {BLOB_SHIFT} AS blob_id {_FROM_FTS}"
        statement = f"SELECT blob_id, count(*) FROM ({found} LIMIT %s) AS first GROUP BY blob_id"  # noqa: S608 (constants)
        with connection.cursor() as cursor:
            cursor.execute(statement, [build_match(query), *texts, limit])
            counts = dict(cursor.fetchall())
        return FoundBlobs(list(counts), is_complete=sum(counts.values()) < limit)

    def find_blobs_among(self, query: Query, blob_ids: Collection[int]) -> list[int]:
        """Return those of the blobs that have a line that matches."""
        if not blob_ids:
            return []
        sequences, texts = contains_sequences("line.tokens", query)
        if is_postgresql():
            statement = f"SELECT DISTINCT line.blob_id {_FROM_GIN} AND line.blob_id = ANY(%s){sequences}"
            parameters: list[Any] = [build_match(query), list(blob_ids)]
        else:
            found = (_FTS_AND_TABLE_OF_BLOB if texts else _FTS_OF_BLOB) + sequences
            statement = f"SELECT blob.value FROM json_each(%s) blob WHERE EXISTS (SELECT 1 {found})"  # noqa: S608 (constants)
            parameters = [json.dumps(sorted(blob_ids)), build_match(query), 0]
        with connection.cursor() as cursor:
            cursor.execute(statement, [*parameters, *texts])
            return [blob_id for (blob_id,) in cursor.fetchall()]

    def find_lines(
        self, query: Query, blob_ids: Collection[int], *, per_blob: int, after: int = 0
    ) -> list[FoundLine]:
        """Return the first lines of each of the blobs that match, and the number of all.

        :param after: key of a line: only lines after it are returned and counted.
        """
        if not blob_ids:
            return []
        sequences, texts = contains_sequences("line.tokens", query)
        if is_postgresql():
            found = f"SELECT line.id, line.blob_id {_FROM_GIN} AND line.blob_id = ANY(%s) AND line.id > %s"
            parameters: list[Any] = [build_match(query), list(blob_ids), after]
        else:
            source = _FTS_AND_TABLE_OF_BLOB if texts else _FTS_OF_BLOB
            found = "SELECT found.rowid AS id, blob.value AS blob_id FROM json_each(%s) blob CROSS JOIN"
            found += source.replace("FROM", "", 1)
            parameters = [json.dumps(sorted(blob_ids)), build_match(query), after + 1]
        statement = _FIRST_OF_EACH % {"found": found + sequences}
        with connection.cursor() as cursor:
            cursor.execute(statement, [*parameters, *texts, per_blob])
            return [FoundLine(*row) for row in cursor.fetchall()]


class TextLine(models.Model):
    """A line of a subtitle or transcript, written once per blob."""

    id = models.BigIntegerField(primary_key=True)
    blob = models.ForeignKey("sessions_app.Blob", on_delete=models.CASCADE, related_name="text_lines")
    track = models.PositiveSmallIntegerField(help_text="Number of the track in the file, from 0.")
    number = models.PositiveIntegerField(help_text="Number of the line in its track, from 0.")
    start_ms = models.BigIntegerField(null=True, blank=True, help_text="Empty in files without times.")
    text = models.TextField()
    tokens = models.TextField()

    objects = TextLineQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text


class CurrentText(models.Model):
    """A file with lines in the current version of a session."""

    entry = models.OneToOneField(
        "sessions_app.Entry", on_delete=models.CASCADE, primary_key=True, related_name="current_text"
    )
    session = models.ForeignKey(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="current_texts", db_index=False
    )
    blob = models.ForeignKey("sessions_app.Blob", on_delete=models.CASCADE, related_name="current_texts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "blob"], name="current_text_is_unique"),
        ]

    def __str__(self) -> str:
        return f"text {self.entry_id}"


_COLUMNS = ("id", "blob_id", "track", "number", "start_ms", "text", "tokens")


def _build_rows(blob_id: int, tracks: Sequence[Track]) -> Iterator[tuple[object, ...]]:
    place = 0
    for track_number, track in enumerate(tracks):
        for number, segment in enumerate(track.segments):
            if place == MAX_LINES:
                return
            if tokens := tokenize(segment.text):
                yield (
                    blob_id << BLOB_SHIFT | place,
                    blob_id,
                    track_number,
                    number,
                    segment.start_ms,
                    segment.text,
                    join_tokens(tokens),
                )
            place += 1


_FROM_GIN = "FROM sessions_app_textline line WHERE sessions_app_lexemes(line.tokens) @@ %s::tsquery"
_FROM_FTS = "FROM sessions_app_textline_index WHERE sessions_app_textline_index MATCH %s"
_FROM_FTS_AND_TABLE = """
FROM sessions_app_textline_index found CROSS JOIN sessions_app_textline line ON line.id = found.rowid
WHERE found.sessions_app_textline_index MATCH %s
"""
# The index is entered at the range of keys of a blob.
_RANGE = """
WHERE found.sessions_app_textline_index MATCH %s
AND found.rowid BETWEEN max(%s, blob.value << 20) AND ((blob.value + 1) << 20) - 1
"""
_FTS_OF_BLOB = f"FROM sessions_app_textline_index found {_RANGE}"
_FTS_AND_TABLE_OF_BLOB = f"""
FROM sessions_app_textline_index found CROSS JOIN sessions_app_textline line ON line.id = found.rowid {_RANGE}
"""
_FIRST_OF_EACH = """
SELECT id, blob_id, count FROM (
    SELECT id, blob_id, count(*) OVER (PARTITION BY blob_id) AS count, row_number() OVER (PARTITION BY blob_id ORDER BY id) AS place
    FROM (%(found)s) AS matching
) AS counted WHERE place <= %%s ORDER BY id
"""
