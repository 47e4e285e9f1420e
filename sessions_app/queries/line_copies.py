"""Lines that several files of a session have.

Tools write the same lines to several files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence, Set as AbstractSet

from dubbing_core.labels import Role
from dubbing_core.languages import fold_language_tag, is_same_language
from sessions_app.queries.found_lines import FoundChunk, TextFile


def remove_copies(by_file: Mapping[TextFile, Sequence[FoundChunk]]) -> dict[TextFile, list[FoundChunk]]:
    """Return the chunks of a session without the lines that a better file has.

    The best files are first.
    """
    languages: dict[bytes, set[str]] = {}
    """Of each line that remains."""
    better: list[FoundChunk] = []
    remaining: dict[TextFile, list[FoundChunk]] = {}
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
        if rest := [chunk for chunk in different if chunk.ends]:
            remaining[file] = rest
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
