"""Streaming parser of untrusted XML: no document types, no entities, no recursion."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from xml.parsers import expat

from dubbing_core.sentences import sentence
from dubbing_core.timeline.tracks import UnreadableError

DEPTH_LIMIT = 200


class XmlParser:
    """Parser that calls a handler for each element and piece of text.

    Names are `namespace name`, separated by a space, or the name alone.
    """

    def __init__(
        self,
        *,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> None:
        self._start = start
        self._end = end
        self._depth = 0
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._on_start
        self._expat.EndElementHandler = self._on_end
        self._expat.CharacterDataHandler = text
        self._expat.StartDoctypeDeclHandler = self._refuse_document_type

    @property
    def line(self) -> int:
        """The current line, counted from 1."""
        return self._expat.CurrentLineNumber

    def parse(self, chunks: Iterable[bytes]) -> None:
        """Parse a whole document; a handler may stop it by raising.

        :raises UnreadableError: not well-formed, too deep, or with a document type.
        """
        try:
            for chunk in chunks:
                self._expat.Parse(chunk, False)
            self._expat.Parse(b"", True)
        except expat.ExpatError as error:
            message = expat.errors.messages.get(error.code, "syntax error")
            raise UnreadableError(
                sentence("is not well-formed XML (%(message)s)", message=message), line=error.lineno
            ) from None
        except ValueError:  # an encoding that Python has no codec for
            raise UnreadableError(sentence("is XML in an encoding that is not supported")) from None

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise UnreadableError(
                sentence("is nested more than %(depth_limit)s levels deep", depth_limit=DEPTH_LIMIT),
                line=self.line,
            )
        self._start(name, attributes)

    def _on_end(self, name: str) -> None:
        self._depth -= 1
        self._end(name)

    def _refuse_document_type(self, *_: Any) -> None:
        raise UnreadableError(
            sentence("has a document type (DOCTYPE), which is not read for safety"), line=self.line
        )


def local_name(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition(" ")[2]
