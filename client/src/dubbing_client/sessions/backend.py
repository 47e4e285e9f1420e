"""What a place does that keeps sessions. The manager turns it into the original's booleans; a user interface calls it directly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

Progress = Callable[[int, int], None]
"""Told how many bytes are done, and of how many. May raise to stop the work; what was there before is left then."""


def silent(done: int, total: int) -> None:
    """Tell nobody."""


class Backend(Protocol):
    """Names are cleaned by each method.

    :raises SessionError: with a sentence, from each of them.
    :raises OSError: the system refuses something, as for a disk that is full.
    """

    folder: Path
    """Where sessions lie, or where those of a portal are loaded to."""

    @property
    def where(self) -> str:
        """The place in words: “on the portal https://…”."""

    @property
    def farewell(self) -> str:
        """What becomes of a session that is deleted, as a sentence."""

    def names(self) -> list[str]:
        """Of all sessions, in the order in which they are offered."""

    def prepare(self, name: str) -> Path:
        """Make the session's folder with its subfolders, and leave what is there."""

    def save(self, name: str, data: dict[str, Any], progress: Progress = silent) -> str:
        """Save what the data name and say. What they do not mention stays. Returns the clean name."""

    def load(self, name: str, progress: Progress = silent) -> dict[str, Any]:
        """The session's data, with paths of files that are on this machine."""

    def info(self, name: str) -> dict[str, Any]:
        """What the original's ``get_session_info`` tells."""

    def export(self, name: str, target: Path, progress: Progress = silent) -> None:
        """Write the session as a ZIP to ``target``, which is whole or not there."""

    def bring(self, archive: Path, name: str, progress: Progress = silent) -> str:
        """Import a ZIP as a new session of this name, and return the name in its clean form. Nothing is overwritten."""

    def delete(self, name: str) -> None: ...
