"""Tables of lines: CSV, TSV, and the rows of a spreadsheet."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dubbing_core.sentences import Number, sentence
from dubbing_core.timeline.builder import SEGMENT_LIMIT, Budget, TrackBuilder
from dubbing_core.timeline.dialog import Dialog
from dubbing_core.timeline.fields import find_fields, fold_key, parse_ms, parse_time
from dubbing_core.timeline.tracks import Problems, Track, UnreadableError
from dubbing_core.timeline.words import Word, add_lines

NAME = "CSV"
COLUMN_LIMIT = 200
WHISPER_COLUMNS = {"start", "end", "text", "speaker"}
WORD_COLUMNS = {"start", "end", "text", "duration", "speakerid"}
WORDS_TESTED = 20

Row = tuple[int, Sequence[str]]
"""Its number, counted from 1, and its cells."""


def read(text: str, problems: Problems, budget: Budget) -> list[Track]:
    """Read CSV, separated by commas, semicolons or tabs."""
    return read_rows(_split(text), problems, budget)


def read_rows(rows: Iterable[Row], problems: Problems, budget: Budget) -> list[Track]:
    """Read rows of cells, the first of which names the columns."""
    iterator = iter(rows)
    header = next((row for row in iterator if any(cell.strip() for cell in row[1])), None)
    if header is None:
        raise UnreadableError(sentence("is empty"))
    columns = [name.strip() for name in header[1][:COLUMN_LIMIT]]
    if not find_fields(columns).has_text:
        names = ", ".join(name[:40] for name in columns[:8])
        raise UnreadableError(
            sentence("has no column of texts; its columns are: %(names)s", names=names), line=header[0]
        )
    body = list(itertools.islice(iterator, SEGMENT_LIMIT + 1))
    if len(body) > SEGMENT_LIMIT:
        raise UnreadableError(
            sentence("has more than %(segment_limit)s rows", segment_limit=Number(SEGMENT_LIMIT))
        )
    parse = parse_ms if _is_in_milliseconds(columns, body) else parse_time
    lines = (
        (number, dict(itertools.zip_longest(columns, cells[: len(columns)], fillvalue="")))
        for number, cells in body
    )
    if _is_words(columns, body):
        return [_join_words((line for _, line in lines), problems, budget)]
    dialog = Dialog(problems, budget)
    for number, line in lines:
        dialog.add(line, number=number, parse=parse)
    return dialog.build()


def _is_words(columns: Sequence[str], rows: Sequence[Row]) -> bool:
    """Return whether the table is VideoLingo's of single words, which are in quotes."""
    names = [fold_key(name) for name in columns]
    if not ({"text", "start", "end"} <= set(names) <= WORD_COLUMNS):
        return False
    place = names.index("text")
    words = [cells[place].strip() for _, cells in rows[:WORDS_TESTED] if place < len(cells)]
    return bool(words) and all(len(word) > 1 and word[0] == word[-1] == '"' for word in words)


def _join_words(lines: Iterable[Mapping[str, str]], problems: Problems, budget: Budget) -> Track:
    builder = TrackBuilder(problems, budget)
    words = []
    for line in lines:
        by_name = {fold_key(name): value for name, value in line.items()}
        times = parse_time(by_name["start"]), parse_time(by_name["end"])
        words.append(Word(*times, by_name.get("speakerid", ""), by_name["text"].strip().strip('"')))
    add_lines(words, builder)
    return builder.build()


def _is_in_milliseconds(columns: Sequence[str], rows: Sequence[Row]) -> bool:
    """Return whether the table is Whisper's or whisper.cpp's."""
    names = [fold_key(name) for name in columns]
    if not ({"start", "end", "text"} <= set(names) <= WHISPER_COLUMNS):
        return False
    places = names.index("start"), names.index("end")
    times = [cells[place].strip() for _, cells in rows for place in places if place < len(cells)]
    return bool(times) and all(time.isdigit() for time in times)


def _split(text: str) -> Iterator[Row]:
    first = text.lstrip("\n").partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise UnreadableError(
            sentence("is not a valid table (%(error)s)", error=error), line=reader.line_num
        ) from None
