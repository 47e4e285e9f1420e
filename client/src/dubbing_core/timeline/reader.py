"""Reader of files of any supported format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol

from dubbing_core.sentences import sentence
from dubbing_core.timeline import ass, json_document, plain_text, sbv, srt, tables, ttml, vtt, xlsx
from dubbing_core.timeline.builder import Budget
from dubbing_core.timeline.encodings import build_decoder, describe, detect_encoding
from dubbing_core.timeline.formats import Format, check_signature, detect_format, get_extension_format
from dubbing_core.timeline.tracks import Problems, Timeline, Track, UnreadableError

TEXT_SIZE_LIMIT = 20 * 1024 * 1024
"""In bytes, of formats that are read as a whole."""
JSON_SIZE_LIMIT = 512 * 1024 * 1024
CHUNK = 1024 * 1024
READER_VERSION = 2
"""Increased when readers return something else for the same file, so that files are read again."""

TextReader = Callable[[str, Problems, Budget], "list[Track]"]
TEXT_READERS: dict[Format, TextReader] = {
    Format.SRT: srt.read,
    Format.VTT: vtt.read,
    Format.ASS: ass.read,
    Format.SBV: sbv.read,
    Format.CSV: tables.read,
    Format.TEXT: plain_text.read,
}
NO_DIALOG = sentence("contains no lines of dialog")
"""Reason of files that are intact and have no lines, as many working files of tools."""
NO_LINES = {
    Format.SRT: sentence("contains no line with readable times"),
    Format.VTT: sentence("contains no line with readable times"),
    Format.SBV: sentence("contains no line with readable times"),
    Format.TEXT: sentence("is empty"),
}


class ReadableFile(Protocol):
    """A file opened for reading bytes."""

    def read(self, size: int, /) -> bytes: ...


def can_read(path: str) -> bool:
    """Return whether a file's name is one of a format that has a reader."""
    return get_extension_format(path) is not None


def read_timeline(path: str, file: ReadableFile, *, language: str = "") -> Timeline:
    """Read a file's tracks; an unreadable file results in the reason.

    Exceptions of `file` are not caught, everything that its contents can cause is.

    :param path: its name, which decides where the contents are ambiguous.
    :param language: of its text, where known: it narrows the choice of legacy encodings.
    """
    problems = Problems()
    reading = Reading(path, file, language, problems)
    try:
        tracks = [track for track in reading.read() if track.segments]
    except UnreadableError as error:
        tracks, reason = [], str(error)
    except UnicodeDecodeError:
        tracks, reason = [], sentence("is not valid %(encoding)s text", encoding=describe(reading.encoding))
    except (RecursionError, MemoryError):
        tracks, reason = [], sentence("is too complex")
    else:
        reason = "" if tracks else NO_LINES.get(reading.format or Format.JSON, NO_DIALOG)
    return Timeline(
        format=reading.format or "",
        encoding=reading.encoding,
        tracks=tracks,
        problems=problems.found,
        problem_count=problems.count,
        reason=reason,
    )


class Reading:
    """The reading of one file, with what is known so far."""

    def __init__(self, path: str, file: ReadableFile, language: str, problems: Problems) -> None:
        self.format: Format | None = None
        self.encoding = ""
        self._path = path
        self._file = file
        self._language = language
        self._problems = problems

    def read(self) -> list[Track]:
        head = self._read_chunk(CHUNK)
        if not head:
            raise UnreadableError(sentence("is empty"))
        budget = Budget()
        if head.startswith(b"PK\x03\x04"):
            self.format = Format.XLSX
            return xlsx.read(self._read_rest(head, xlsx.SIZE_LIMIT), self._problems, budget)
        if get_extension_format(self._path) is Format.XLSX:
            raise UnreadableError(sentence("is not a spreadsheet, although its name ends in .xlsx"))
        check_signature(head)
        self.encoding, is_guess = detect_encoding(head, language=self._language)
        text = build_decoder(self.encoding)(head, False)
        _refuse_binary(text)
        self.format = detect_format(unify_newlines(text.removeprefix("\ufeff")), self._path)
        self._report_name(is_guess=is_guess)
        if self.format is Format.JSON:
            is_lines = self._path.casefold().endswith(".jsonl")
            chunks = self._decode(head)
            return json_document.read(chunks, self._problems, budget, is_lines=is_lines)
        data = self._read_rest(head, TEXT_SIZE_LIMIT)
        if self.format is Format.TTML:
            return ttml.read(data, self._problems, budget)
        return TEXT_READERS[self.format](self._decode_all(data, is_guess=is_guess), self._problems, budget)

    def _report_name(self, *, is_guess: bool) -> None:
        named = get_extension_format(self._path)
        if named is not None and named is not self.format and named is not Format.TEXT:
            self._problems.add(
                sentence(
                    "is %(format)s, although its name is that of %(named)s", format=self.format, named=named
                )
            )
        if is_guess:
            self._problems.add(
                sentence(
                    "the encoding is not stated; it was read as %(encoding)s",
                    encoding=describe(self.encoding),
                )
            )

    def _read_chunk(self, size: int) -> bytes:
        """Read exactly this many bytes, or up to the end."""
        pieces: list[bytes] = []
        left = size
        while left and (piece := self._file.read(left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def _read_rest(self, head: bytes, limit: int) -> bytes:
        rest = self._read_chunk(limit + 1 - len(head))
        if len(head) + len(rest) > limit:
            raise UnreadableError(sentence("is larger than %(limit)s MiB", limit=limit // 2**20))
        return head + rest

    def _decode_all(self, data: bytes, *, is_guess: bool) -> str:
        # What comes after the first chunk may rule a guess out.
        if is_guess or self.encoding == "utf-8":
            self.encoding, _ = detect_encoding(data, language=self._language)
        text = build_decoder(self.encoding)(data, False)
        if "\0" in text:
            self._problems.add(sentence("contains null characters, which are left out"))
            text = text.replace("\0", "")
        return unify_newlines(text.removeprefix("\ufeff"))

    def _decode(self, head: bytes) -> Iterator[str]:
        decode = build_decoder(self.encoding)
        total = 0
        chunk = head
        while chunk:
            total += len(chunk)
            if total > JSON_SIZE_LIMIT:
                raise UnreadableError(
                    sentence(
                        "is larger than %(json_size_limit)s MiB", json_size_limit=JSON_SIZE_LIMIT // 2**20
                    )
                )
            text = decode(chunk, False)
            yield text.removeprefix("\ufeff") if chunk is head else text
            chunk = self._read_chunk(CHUNK)
        yield decode(b"", True)


CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
CONTROLS_SHARE = 0.02


def _refuse_binary(text: str) -> None:
    sample = text[:8192]
    if len(CONTROLS.findall(sample)) > CONTROLS_SHARE * len(sample) + 2:
        raise UnreadableError(sentence("is not text"))


def unify_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
