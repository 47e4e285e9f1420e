"""Strict parser for untrusted JSON: interoperable (RFC 8259) and storable."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from dubbing_core.sentences import sentence

DEPTH_LIMIT = 64
DIGITS_LIMIT = 100
"""Of an integer. Parsing takes quadratic time."""
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
BOM = b"\xef\xbb\xbf"


class JsonError(ValueError):
    """The JSON is invalid or ambiguous.

    `code` is stable; the message is a clause: “is not UTF-8 text”.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_json(data: bytes) -> Any:
    """Parse UTF-8 JSON, with or without a byte order mark.

    :raises JsonError: with one of the codes `encoding`, `syntax`, `number`, `duplicate_key`, and those of
        :func:`check_json`.
    """
    try:
        text = data.removeprefix(BOM).decode()
    except UnicodeDecodeError:
        raise JsonError("encoding", sentence("is not UTF-8 text")) from None
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_int=_parse_int,
            parse_float=_parse_float,
            object_pairs_hook=_build_object,
        )
    except json.JSONDecodeError as error:
        place = sentence("line %(lineno)s, column %(colno)s", lineno=error.lineno, colno=error.colno)
        raise JsonError("syntax", sentence("is not valid JSON (%(place)s)", place=place)) from None
    except RecursionError:
        raise _too_deep_error() from None
    _check_depth(value)
    # Only an escape denotes a lone surrogate or U+0000: neither UTF-8 nor JSON contains them.
    if "\\u" in text:
        check_json(value)
    return value


def check_json(value: Any) -> None:
    """Refuse a value that PostgreSQL or another program cannot store.

    :raises JsonError: with the code `too_deep`, `number` for NaN, infinities and long integers, or `characters`
        for lone surrogates and U+0000.
    """
    # By level: 16 MiB contain millions of values, and storing a depth with each of them would cost seconds.
    level, depth = [value], 1
    while level:
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict | list):
                if depth > DEPTH_LIMIT:
                    raise _too_deep_error()
                below.extend(item)
                if isinstance(item, dict):
                    below.extend(item.values())
            else:
                _check_scalar(item)
        level, depth = below, depth + 1


def _check_depth(value: Any) -> None:
    level, depth = [value], 1
    while level := [item for item in level if isinstance(item, dict | list)]:
        if depth > DEPTH_LIMIT:
            raise _too_deep_error()
        below: list[Any] = []
        for item in level:
            below.extend(item.values() if isinstance(item, dict) else item)
        level, depth = below, depth + 1


def _check_scalar(value: Any) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float):
        _check_float(value)
    elif isinstance(value, int):
        _check_int(value)


def _too_deep_error() -> JsonError:
    return JsonError(
        "too_deep", sentence("is nested more than %(depth_limit)s levels deep", depth_limit=DEPTH_LIMIT)
    )


def _check_text(text: str) -> None:
    # PostgreSQL stores neither in jsonb.
    if UNSTORABLE.search(text):
        raise JsonError("characters", sentence("contains characters that are not valid Unicode text"))


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError("number", sentence("contains %(name)s, which is not a JSON number", name=name))


def _parse_int(digits: str) -> int:
    if len(digits) > DIGITS_LIMIT:
        raise JsonError(
            "number",
            sentence("contains a number of more than %(digits_limit)s digits", digits_limit=DIGITS_LIMIT),
        )
    return int(digits)


def _parse_float(digits: str) -> float:
    value = float(digits)
    _check_float(value)
    return value


def _check_int(value: int) -> None:
    if abs(value) >= 10**DIGITS_LIMIT:
        raise JsonError(
            "number",
            sentence("contains a number of more than %(digits_limit)s digits", digits_limit=DIGITS_LIMIT),
        )


def _check_float(value: float) -> None:
    if not math.isfinite(value):
        raise JsonError("number", sentence("contains a number that is too large"))


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise JsonError("duplicate_key", sentence("contains the same key twice"))
    return value
