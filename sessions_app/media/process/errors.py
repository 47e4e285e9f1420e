"""Errors of the program, and why a file could not be used."""

from __future__ import annotations

from collections.abc import Sequence

from dubbing_core.sentences import template
from sessions_app.media.process.connection import LimitError

Log = tuple[int, str, str]
"""Level, source and message."""


class UnmakeableError(Exception):
    """A derivative cannot be made of this file; the text is a sentence."""


class NoSpaceError(Exception):
    """The disk has no space for the result, which is not the file's fault."""


def describe_error(error: BaseException, logs: Sequence[Log]) -> str:
    """Return why a file is unreadable, as the end of a sentence about it."""
    messages = " ".join(message for _, _, message in logs)
    if "not on whitelist" in messages.lower():
        return template("is not an audio or video file, whatever its name ends with")
    if "moov atom not found" in messages:
        return template("is incomplete: its index is missing, as after an interrupted recording or copy")
    if isinstance(error, MemoryError):
        return template("needs more memory than media may use")
    if isinstance(error, LimitError):
        return template("is built so that too much of it would have to be read")
    if isinstance(error, EOFError):
        return template("ends before any audio or video")
    return template("is damaged, or is not an audio or video file")
