"""Streaming parser of large JSON documents: lists are read item by item.

Memory is bounded by a chunk and the largest item, not by the document. Decoding is done by the standard library.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dubbing_core.sentences import Sentence, sentence
from dubbing_core.timeline.tracks import UnreadableError

ITEM_LIMIT = 32 * 1024 * 1024
"""In characters, of an item of a list, or a value beside lists."""
OBJECTS_STREAMED = 5
"""Levels of nested objects whose lists are read item by item; deeper ones are read whole."""
NUMBER_REST = 2
SPACE = " \t\n\r"
Path = tuple[str, ...]


class JsonStream:
    """Values of a document with their paths, as they come.

    :param chunks: the document's text.
    """

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self._buffer = ""
        self._at = 0
        self._lines_before = 0
        self._is_exhausted = False
        self._decode = json.JSONDecoder(parse_constant=lambda _: None).raw_decode

    def events(self, *, has_many_values: bool = False) -> Iterator[tuple[Path, Any]]:
        """Yield items of lists, and values in no list, with the keys around them.

        :param has_many_values: values follow each other, as in JSON Lines; each is an item.
        :raises UnreadableError: invalid JSON, or an item is too large or nested too deep.
        """
        if self._peek() == "":
            raise UnreadableError(sentence("is empty"))
        if has_many_values:
            while self._peek() != "":
                yield (), self._read()
            return
        yield from self._walk(())
        if self._peek() != "":
            raise self._error(sentence("data after the end of the document"))

    def _walk(self, path: Path) -> Iterator[tuple[Path, Any]]:
        character = self._peek()
        if character == "[":
            yield from self._walk_list(path)
        elif character == "{" and len(path) < OBJECTS_STREAMED:
            yield from self._walk_object(path)
        else:
            yield path, self._read()

    def _walk_list(self, path: Path) -> Iterator[tuple[Path, Any]]:
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            self._peek()
            yield path, self._read()
            character = self._peek()
            self._at += 1
            if character == "]":
                return
            if character != ",":
                raise self._error(sentence("expected “,” or “]”"))

    def _walk_object(self, path: Path) -> Iterator[tuple[Path, Any]]:
        self._at += 1
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            if self._peek() != '"':
                raise self._error(sentence("expected a key in quotes"))
            key = self._read()
            if self._peek() != ":":
                raise self._error(sentence("expected “:”"))
            self._at += 1
            yield from self._walk((*path, key))
            character = self._peek()
            self._at += 1
            if character == "}":
                return
            if character != ",":
                raise self._error(sentence("expected “,” or “}”"))

    def _peek(self) -> str:
        """Skip space; return the next character, or "" at the end."""
        while True:
            buffer, at = self._buffer, self._at
            while at < len(buffer) and buffer[at] in SPACE:
                at += 1
            self._at = at
            if at < len(buffer):
                return buffer[at]
            if not self._fill():
                return ""

    def _read(self) -> Any:
        """Return the value at the current place, and go past it."""
        while True:
            problem: str = sentence("unexpected end")
            try:
                value, end = self._decode(self._buffer, self._at)
            except RecursionError:
                raise UnreadableError(sentence("is nested too deep"), line=self._line()) from None
            except json.JSONDecodeError as error:
                problem = error.msg
            except ValueError:  # an integer of thousands of digits
                raise self._error(sentence("a number with too many digits")) from None
            else:
                # A number may continue in the next chunk: `1` with `e+` after it.
                if len(self._buffer) - end > NUMBER_REST or self._is_exhausted:
                    self._at = end
                    return value
            if len(self._buffer) - self._at > ITEM_LIMIT:
                raise UnreadableError(
                    sentence(
                        "is not valid JSON, or one of its values has more than %(item_limit)s MiB",
                        item_limit=ITEM_LIMIT // 2**20,
                    ),
                    line=self._line(),
                )
            if not self._fill() and problem != sentence("unexpected end"):
                raise self._error(problem)

    def _fill(self) -> bool:
        """Read as much as is unread, at least a chunk; return False at the end.

        Doubling keeps the time for a large value linear.
        """
        unread = len(self._buffer) - self._at
        pieces: list[str] = []
        added = 0
        while added <= unread:
            chunk = next(self._chunks, None)
            if chunk is None:
                was_exhausted, self._is_exhausted = self._is_exhausted, True
                if not pieces and was_exhausted:
                    return False
                break
            pieces.append(chunk)
            added += len(chunk)
        self._lines_before += self._buffer.count("\n", 0, self._at)
        self._buffer = "".join([self._buffer[self._at :], *pieces])
        self._at = 0
        return bool(pieces) or unread > 0

    def _line(self) -> int:
        return 1 + self._lines_before + self._buffer.count("\n", 0, self._at)

    def _error(self, message: str) -> UnreadableError:
        if not isinstance(message, Sentence):  # of Python's own reader
            message = f"{message[:1].lower()}{message[1:]}"
        return UnreadableError(
            sentence("is not valid JSON (%(message)s)", message=message), line=self._line()
        )
