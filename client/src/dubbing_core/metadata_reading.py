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
from dubbing_core.strict_json import DIGITS_LIMIT, JsonError, check_json, parse_json

WARNING_LIMIT = 20
"""Warnings of one file; a damaged list can cause one per item."""
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


def _read_damaged(data: bytes, size: int) -> MetadataReading:
    warnings: list[str] = []
    if size > SIZE_LIMIT:
        limit = f"{SIZE_LIMIT // 1024**2} MiB"
        warnings.append(f"metadata.json has {size:,} bytes; only the first {limit} are read.")
    text = _decode(data, warnings)
    document: dict[str, Any] = {}
    for key, value in _Scanner(text, warnings).iter_members():
        if key in document:
            warnings.append(f"metadata.json contains the key “{_show(key)}” twice; the last value is read.")
        problem = _find_problem(key, value)
        if problem is None:
            document[key] = value
        else:
            warnings.append(f"metadata.json {problem}; it is not read.")
    if not is_session_document(document) and not any(f'"{key}"' in text for key in OWN_KEYS):
        return MetadataReading(document=None)
    if len(warnings) > WARNING_LIMIT:
        warnings[WARNING_LIMIT:] = [
            f"metadata.json has {len(warnings) - WARNING_LIMIT:,} more damaged values."
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
        warnings.append(f"metadata.json is {name} text; session managers write UTF-8.")
    return text.removeprefix("\ufeff")


def _find_problem(key: str, value: Any) -> str | None:
    """Return why a value cannot be used: a clause with its key; None if it can."""
    try:
        check_json([key, value])
        check_document({key: value})
    except JsonError as error:
        return f"has a value for “{_show(key)}” that {error}"
    except MetadataError as error:
        return error.problem
    return None


def _show(key: str) -> str:
    return escape_for_message(key)


class _Scanner:
    """Parser of the members of a JSON object, up to the first error."""

    def __init__(self, text: str, warnings: list[str]) -> None:
        self._text = text
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
                    f"metadata.json has a value for “{_show(key)}” that {problem}."
                    for problem in self._problems
                ]
                yield key, value
                last = key
                position = self._skip(position)
                if not self._text.startswith("}", position):
                    position = self._expect(",", position)
            if self._skip(position + 1) != len(self._text):
                self._warnings.append("metadata.json has foreign text after its end, which is not read.")
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            after = f" after “{_show(last)}”" if last else ""
            self._warnings.append(f"metadata.json is not valid JSON{after} ({place}); the rest is not read.")
        except RecursionError:
            self._warnings.append(
                f"metadata.json is nested too deeply after “{_show(last)}”; the rest is not read."
            )

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
        self._problems[f"contains {name}, which is not a JSON number and is read as null"] = None

    def _read_int(self, digits: str) -> int | None:
        if len(digits) <= DIGITS_LIMIT:
            return int(digits)
        self._problems[f"contains a number of more than {DIGITS_LIMIT} digits, which is read as null"] = None
        return None

    def _read_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
            self._problems[f"contains the key “{_show(twice)}” twice; the last value is read"] = None
        return value
