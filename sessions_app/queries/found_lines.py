"""Lines that match a query, in their files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dubbing_core.categories import Category
from dubbing_core.timeline.catalog import get_role_rank
from dubbing_core.timeline.tracks import TrackKind
from sessions_app.models.line_block import get_block_key
from sessions_app.queries.timelines import READ_CATEGORIES


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
