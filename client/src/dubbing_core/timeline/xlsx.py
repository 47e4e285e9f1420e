"""Spreadsheets (XLSX): the texts of the first sheet, inflated within limits.

Numbers are seconds; formulas are not calculated, their stored results count.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress

from dubbing_core.sentences import Number, sentence
from dubbing_core.timeline.builder import SEGMENT_LIMIT, TEXT_LIMIT, Budget
from dubbing_core.timeline.tables import COLUMN_LIMIT, Row, read_rows
from dubbing_core.timeline.tracks import Problems, Track, UnreadableError
from dubbing_core.timeline.xml_parser import XmlParser, local_name

NAME = "XLSX"
SIZE_LIMIT = 20 * 1024 * 1024
INFLATED_LIMIT = 100 * 1024 * 1024
"""Of all parts that are read."""
MEMBERS_LIMIT = 5000
CHUNK = 64 * 1024
CELL_LIMIT = 32_767
"""In characters: Excel's own."""
WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
STRINGS = "xl/sharedStrings.xml"
FIRST_SHEET = "xl/worksheets/sheet1.xml"
RELATION_ID = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def read(data: bytes, problems: Problems, budget: Budget) -> list[Track]:
    """Read the first sheet; its first row names the columns."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = Book(archive)
            rows = Sheet(book.read_strings()).read(book.inflate(book.find_sheet()))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise UnreadableError(sentence("is a damaged spreadsheet")) from None
    return read_rows(rows, problems, budget)


class Book:
    """The parts of a spreadsheet."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self._left = INFLATED_LIMIT
        if WORKBOOK not in self._names or len(self._names) > MEMBERS_LIMIT:
            raise UnreadableError(sentence("is a ZIP archive, but not a spreadsheet"))

    def inflate(self, name: str) -> Iterator[bytes]:
        """Yield a part's bytes.

        Their number is counted, since directories can state a wrong one.
        """
        with self._archive.open(name) as part:
            while chunk := part.read(CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    raise UnreadableError(
                        sentence(
                            "contains more than %(inflated_limit)s MiB when inflated",
                            inflated_limit=INFLATED_LIMIT // 2**20,
                        )
                    )
                yield chunk

    def find_sheet(self) -> str:
        """Return the name of the first sheet's part."""
        sheets: list[str] = []
        targets: dict[str, str] = {}

        def on_sheet(name: str, attributes: Mapping[str, str]) -> None:
            if local_name(name) == "sheet":
                sheets.append(attributes.get(RELATION_ID, ""))

        def on_relation(name: str, attributes: Mapping[str, str]) -> None:
            if local_name(name) == "Relationship":
                target = attributes.get("Target", "")
                targets[attributes.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"

        XmlParser(start=on_sheet, end=_ignore, text=_ignore).parse(self.inflate(WORKBOOK))
        if RELATIONS in self._names:
            XmlParser(start=on_relation, end=_ignore, text=_ignore).parse(self.inflate(RELATIONS))
        found = [targets[sheet] for sheet in sheets if targets.get(sheet) in self._names]
        if not found and FIRST_SHEET not in self._names:
            raise UnreadableError(sentence("has no sheet"))
        return found[0] if found else FIRST_SHEET

    def read_strings(self) -> list[str]:
        """Return the texts to which cells refer by number."""
        strings: list[str] = []
        if STRINGS not in self._names:
            return strings
        parts: list[str] = []
        elements: list[str] = []
        characters = 0

        def on_start(name: str, _: Mapping[str, str]) -> None:
            elements.append(local_name(name))
            if elements[-1] == "si":
                parts.clear()

        def on_end(_: str) -> None:
            if elements.pop() == "si":
                strings.append("".join(parts))

        def on_text(text: str) -> None:
            nonlocal characters
            # Phonetic hints (rPh) are not part of the text.
            if elements[-1] == "t" and "rPh" not in elements:
                characters += len(text)
                if characters > TEXT_LIMIT:
                    raise UnreadableError(
                        sentence(
                            "has more than %(text_limit)s characters of text", text_limit=Number(TEXT_LIMIT)
                        )
                    )
                parts.append(text)

        XmlParser(start=on_start, end=on_end, text=on_text).parse(self.inflate(STRINGS))
        return strings


class Sheet:
    """Reader of a sheet's rows."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._rows: list[Row] = []
        self._cells: dict[int, str] = {}
        self._number = 0
        self._column = -1
        self._type = ""
        self._parts: list[str] = []
        self._reads_text = False

    def read(self, chunks: Iterator[bytes]) -> list[Row]:
        XmlParser(start=self._on_start, end=self._on_end, text=self._on_text).parse(chunks)
        return self._rows

    def _on_start(self, name: str, attributes: Mapping[str, str]) -> None:
        match local_name(name):
            case "row":
                number = attributes.get("r", "")
                is_number = number.isascii() and number.isdigit() and len(number) < len("10000000")
                self._number = int(number) if is_number else self._number + 1
                self._cells = {}
                self._column = -1
            case "c":
                reference = REFERENCE.fullmatch(attributes.get("r", ""))
                self._column = _column_index(reference[1]) if reference else self._column + 1
                self._type = attributes.get("t", "")
                self._parts = []
            case "v" | "t":
                self._reads_text = True
            case _:
                pass

    def _on_text(self, text: str) -> None:
        if self._reads_text:
            self._parts.append(text)

    def _on_end(self, name: str) -> None:
        match local_name(name):
            case "v" | "t":
                self._reads_text = False
            case "c" if self._column < COLUMN_LIMIT:
                self._cells[self._column] = self._value("".join(self._parts))[:CELL_LIMIT]
            case "row" if self._cells:
                if len(self._rows) > SEGMENT_LIMIT:
                    raise UnreadableError(
                        sentence("has more than %(segment_limit)s rows", segment_limit=Number(SEGMENT_LIMIT))
                    )
                cells = [self._cells.get(column, "") for column in range(max(self._cells) + 1)]
                self._rows.append((self._number, cells))
            case _:
                pass

    def _value(self, text: str) -> str:
        if self._type == "s":
            with suppress(ValueError, IndexError):
                return self._strings[int(text)]
            return ""
        return "" if self._type == "e" else text


def _column_index(letters: str) -> int:
    """Return a column's index: A is 0."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _ignore(_: str) -> None:
    pass
