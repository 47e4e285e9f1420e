"""Large JSON documents, written item by item.

As objects, 50,000 files would use ten times the memory of their text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Any

quote = encode_basestring
"""Return a text as JSON, as `json.dumps` with `ensure_ascii=False` does."""


def render_start(fields: Mapping[str, Any]) -> bytearray:
    """Return the start of a document with these fields; at least one."""
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False, indent=1)
    return bytearray(text.removesuffix("\n}").encode())


def add_list(document: bytearray, key: str, items: Iterable[str]) -> None:
    """Add a field with a list of objects that `render_object` returned."""
    document += f",\n {quote(key)}: [".encode()
    separator = "\n  "
    for item in items:
        document += (separator + item).encode()
        separator = ",\n  "
    document += b"]" if separator == "\n  " else b"\n ]"


def add_end(document: bytearray) -> None:
    document += b"\n}"


def render_object(fields: Mapping[str, Any]) -> str:
    """Return an object as an item of such a list."""
    # Texts in JSON contain no line breaks, so that indenting all lines is enough.
    return json.dumps(fields, ensure_ascii=False, allow_nan=False, indent=1).replace("\n", "\n  ")
