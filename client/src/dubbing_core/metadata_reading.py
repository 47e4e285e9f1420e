"""Reading of a metadata.json that may be another tool's, or damaged.

Neither stops a save or an import. Another tool's file is a file like any other. Of a damaged one the keys that can be
read are used, the file itself is kept, and warnings name the damage.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dubbing_core.metadata import OWN_KEYS, SIZE_LIMIT, MetadataError, check_document, is_session_document
from dubbing_core.paths import escape_for_message
from dubbing_core.sentences import Number, sentence
from dubbing_core.strict_json import DIGITS_LIMIT, JsonError, check_json, parse_json

WARNING_LIMIT = 20
"""Warnings of one file; a damaged list can cause one per item."""
ESCAPE_LENGTH = 12
"""Characters of an escaped surrogate pair, the longest token besides strings and numbers."""
BLANK = re.compile(r"[ \t\n\r]*")
UTF_8 = frozenset({"utf-8", "utf-8-sig"})


@dataclass(frozen=True, kw_only=True)
class MetadataReading:
    """Contents of a file named metadata.json."""

    document: dict[str, Any] | None
    """What can be read of a session's document, with valid types; None for another tool's file."""
    warnings: tuple[str, ...] = ()
    """Sentences for the user: what is damaged, with the key or the limit."""

    @property
    def is_session(self) -> bool:
        return self.document is not None

    @property
    def is_intact(self) -> bool:
        """Whether the document contains all of the file, which need not be kept then."""
        return self.is_session and not self.warnings


def read_metadata(data: bytes, *, size: int | None = None) -> MetadataReading:
    """Read what can be read of a metadata.json.

    :param data: the whole file, or at least its first `SIZE_LIMIT` bytes.
    :param size: of the file in bytes; by default that of `data`.
    """
    size = len(data) if size is None else size
    if size <= SIZE_LIMIT:
        try:
            value = parse_json(data)
            return MetadataReading(document=check_document(value) if is_session_document(value) else None)
        except (JsonError, MetadataError):
            pass
    return _read_damaged(data[:SIZE_LIMIT], size)


def read_metadata_start(data: bytes, *, size: int) -> MetadataReading:
    """Read the first bytes of a metadata.json; what follows them may be damaged.

    :param size: of the whole file in bytes.
    """
    return _read_damaged(data, size, is_start=len(data) < size)


def _read_damaged(data: bytes, size: int, *, is_start: bool = False) -> MetadataReading:
    warnings: list[str] = []
    if size > SIZE_LIMIT:
        limit = f"{SIZE_LIMIT // 1024**2} MiB"
        warnings.append(
            sentence(
                "metadata.json has %(size)s bytes; only the first %(limit)s are read.",
                size=Number(size),
                limit=limit,
            )
        )
    text = _decode(data, warnings)
    document: dict[str, Any] = {}
    for key, value in _Scanner(text, warnings, is_start=is_start).iter_members():
        if key in document:
            warnings.append(
                sentence(
                    "metadata.json contains the key “%(key)s” twice; the last value is read.", key=_show(key)
                )
            )
        problem = _find_problem(key, value)
        if problem is None:
            document[key] = value
        else:
            warnings.append(sentence("metadata.json %(problem)s; it is not read.", problem=problem))
    if not is_session_document(document) and not any(f'"{key}"' in text for key in OWN_KEYS):
        return MetadataReading(document=None)
    if len(warnings) > WARNING_LIMIT:
        warnings[WARNING_LIMIT:] = [
            sentence(
                "metadata.json has %(count)s more damaged values.",
                count=Number(len(warnings) - WARNING_LIMIT),
            )
        ]
    return MetadataReading(document=document, warnings=tuple(dict.fromkeys(warnings)))


def _decode(data: bytes, warnings: list[str]) -> str:
    """Decode the text.

    Damaged characters become lone surrogates, which no value may contain.
    """
    encoding = json.detect_encoding(data)
    text = data.decode(encoding, errors="surrogateescape" if encoding in UTF_8 else "replace")
    if encoding not in UTF_8:
        name = "UTF-16" if "16" in encoding else "UTF-32"
        warnings.append(sentence("metadata.json is %(name)s text; session managers write UTF-8.", name=name))
    return text.removeprefix("\ufeff")


def _find_problem(key: str, value: Any) -> str | None:
    """Return why a value cannot be used: a clause with its key; None if it can."""
    try:
        check_json([key, value])
        check_document({key: value})
    except JsonError as error:
        return sentence("has a value for “%(key)s” that %(error)s", key=_show(key), error=error)
    except MetadataError as error:
        return error.problem
    return None


def _show(key: str) -> str:
    return escape_for_message(key)


class _Scanner:
    """Parser of the members of a JSON object, up to the first error.

    :param is_start: the text may end in the middle of a value.
    """

    def __init__(self, text: str, warnings: list[str], *, is_start: bool = False) -> None:
        self._text = text
        self._is_start = is_start
        self._warnings = warnings
        self._problems: dict[str, None] = {}
        """What is wrong with the current value, although it can be read."""
        self._decoder = json.JSONDecoder(
            parse_constant=self._read_constant, parse_int=self._read_int, object_pairs_hook=self._read_object
        )

    def iter_members(self) -> Iterator[tuple[str, Any]]:
        position = self._skip(0)
        last = ""
        if not self._text.startswith("{", position):
            return
        try:
            position = self._skip(position + 1)
            while not self._text.startswith("}", position):
                key, position = self._read_key(position)
                self._problems.clear()
                value, position = self._decoder.raw_decode(self._text, self._expect(":", position))
                self._warnings += [
                    sentence(
                        "metadata.json has a value for “%(key)s” that %(problem)s.",
                        key=_show(key),
                        problem=problem,
                    )
                    for problem in self._problems
                ]
                yield key, value
                last = key
                position = self._skip(position)
                if not self._text.startswith("}", position):
                    position = self._expect(",", position)
            if self._skip(position + 1) != len(self._text):
                self._warnings.append(
                    sentence("metadata.json has foreign text after its end, which is not read.")
                )
        except json.JSONDecodeError as error:
            if self._is_start and self._is_at_end(error):
                return
            place = sentence("line %(lineno)s, column %(colno)s", lineno=error.lineno, colno=error.colno)
            after = sentence(" after “%(last)s”", last=_show(last)) if last else ""
            self._warnings.append(
                sentence(
                    "metadata.json is not valid JSON%(after)s (%(place)s); the rest is not read.",
                    after=after,
                    place=place,
                )
            )
        except RecursionError:
            self._warnings.append(
                sentence(
                    "metadata.json is nested too deeply after “%(last)s”; the rest is not read.",
                    last=_show(last),
                )
            )

    def _is_at_end(self, error: json.JSONDecodeError) -> bool:
        """Return whether more text could repair an error."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - ESCAPE_LENGTH

    def _read_key(self, position: int) -> tuple[str, int]:
        if not self._text.startswith('"', position):
            raise json.JSONDecodeError("no key", self._text, position)
        key, position = self._decoder.raw_decode(self._text, position)
        return str(key), position

    def _skip(self, position: int) -> int:
        match = BLANK.match(self._text, position)
        return match.end() if match else position

    def _expect(self, character: str, position: int) -> int:
        position = self._skip(position)
        if not self._text.startswith(character, position):
            raise json.JSONDecodeError(f"no {character}", self._text, position)
        return self._skip(position + 1)

    def _read_constant(self, name: str) -> None:
        self._problems[
            sentence("contains %(name)s, which is not a JSON number and is read as null", name=name)
        ] = None

    def _read_int(self, digits: str) -> int | None:
        if len(digits) <= DIGITS_LIMIT:
            return int(digits)
        self._problems[
            sentence(
                "contains a number of more than %(digits_limit)s digits, which is read as null",
                digits_limit=DIGITS_LIMIT,
            )
        ] = None
        return None

    def _read_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
            self._problems[
                sentence("contains the key “%(twice)s” twice; the last value is read", twice=_show(twice))
            ] = None
        return value
