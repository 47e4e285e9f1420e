"""Part of a text, for texts that are shown with marks."""

from __future__ import annotations

from typing import NamedTuple


class TextPart(NamedTuple):
    text: str
    is_marked: bool
    """It is what a query found, or what differs from another text."""
