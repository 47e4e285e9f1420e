"""Decoding of small text files, whose encoding is not recorded."""

from __future__ import annotations

import re

from dubbing_core.timeline.encodings import detect_encoding

CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
"""Characters that no text contains; U+001B begins escapes of terminals."""


def decode_text(data: bytes, *, language: str = "") -> str:
    """Return a file's text, or "" if it is not one.

    :param language: the text's BCP 47 tag, where it is known.
    """
    encoding, is_guess = detect_encoding(data, language=language)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return ""
    return "" if is_guess and CONTROL.search(text) else text.removeprefix("\ufeff").replace("\0", "")
