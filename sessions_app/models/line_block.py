"""Lines of dialog as results of a search show them.

Apart from `TextChunk`, whose rows decide which lines match: a result shows three lines of a session, not 256.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from django.db import connection, models

from dubbing_core.timeline.tracks import Segment
from sessions_app.models.bulk import select_numbers

LINES_PER_BLOCK = 32
"""Some kilobytes: smaller rows would leave a part of most pages of the database empty. A chunk consists of whole blocks, but for its end."""


def get_block_key(line_key: int, chunk_key: int) -> int:
    """Return the key of the block that contains a line of a chunk."""
    return line_key - (line_key - chunk_key) % LINES_PER_BLOCK


class ShownBlock(NamedTuple):
    """The lines of a block, and facts about their track."""

    id: int
    track: int
    number: int
    """Of the first line in its track."""
    kind: str
    language: str
    lines: list[str]
    """JSON of start and text of each line."""

    def get_line(self, line_key: int) -> tuple[int | None, str]:
        """Return start in milliseconds and text of a line."""
        start_ms, text = json.loads(self.lines[line_key - self.id])
        return start_ms, text

    def get_number(self, line_key: int) -> int:
        """Return the number of a line in its track."""
        return self.number + line_key - self.id


class LineBlockQuerySet(models.QuerySet["LineBlock"]):
    def read(self, keys: Collection[int]) -> dict[int, ShownBlock]:
        """Return blocks by key."""
        if not keys:
            return {}
        numbers = select_numbers(keys)
        with connection.cursor() as cursor:
            cursor.execute(f"{_BLOCKS} WHERE block.id IN ({numbers.sql})", numbers.params)
            rows = cursor.fetchall()
        return {
            key: ShownBlock(key, track, number, kind, language, lines.split("\n"))
            for key, track, number, kind, language, lines in rows
        }


class LineBlock(models.Model):
    """Adjacent lines of a text chunk."""

    id = models.BigIntegerField(primary_key=True, help_text="Key of the first line.")
    chunk = models.ForeignKey("sessions_app.TextChunk", on_delete=models.CASCADE, related_name="line_blocks")
    lines = models.TextField(help_text="JSON of start and text of each line, one in a line.")

    objects = LineBlockQuerySet.as_manager()

    def __str__(self) -> str:
        return f"line block {self.pk}"


def build_blocks(
    chunk_key: int, segments: Sequence[Segment], texts: Sequence[str]
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a chunk's lines: key, chunk, lines."""
    lines = [
        json.dumps([segment.start_ms, text], ensure_ascii=False)
        for segment, text in zip(segments, texts, strict=True)
    ]
    for start in range(0, len(lines), LINES_PER_BLOCK):
        yield chunk_key + start, chunk_key, "\n".join(lines[start : start + LINES_PER_BLOCK])


_BLOCKS = """
SELECT block.id, chunk.track, chunk.number + block.id - chunk.id, chunk.kind, chunk.language, block.lines
FROM sessions_app_lineblock block JOIN sessions_app_textchunk chunk ON chunk.id = block.chunk_id
"""
