"""Interface of a place that stores sessions.

`ProjectSessionManager` turns it into the original's booleans; a user interface calls it directly.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from dubbing_client.dropin.session_progress import SessionProgress

OnProgress = Callable[[int, int], None]
"""Called with the bytes done and their total. May raise to cancel; the previous state stays then."""


def no_progress(done: int, total: int) -> None:
    """Ignore progress."""


class Backend(Protocol):
    """Storage of sessions. Each method cleans the names that it gets.

    :raises SessionError: from each method, with a sentence for the user.
    :raises OSError: the operating system refuses, for example because the disk is full.
    """

    folder: Path
    """Where sessions are stored, or where those of a portal are loaded to."""

    @property
    def location(self) -> str:
        """The place in words: “on the portal https://…”."""

    @property
    def deletion_notice(self) -> str:
        """What happens to a deleted session, as a sentence."""

    def names(self) -> list[str]:
        """Return the names of all sessions, in the order of a list."""

    def prepare(self, name: str) -> Path:
        """Create the session's folder with its subfolders; existing ones stay."""

    def save(self, name: str, data: dict[str, Any], on_progress: OnProgress = no_progress) -> str:
        """Save the files and values in ``data``; everything else stays.

        :returns: the clean name.
        """

    def load(self, name: str, on_progress: OnProgress = no_progress) -> dict[str, Any]:
        """Return the session's data, with paths of files on this machine."""

    def info(self, name: str) -> dict[str, Any]:
        """Return the original's ``get_session_info``."""

    def progress(self, name: str) -> SessionProgress:
        """Return what is done in which language, and what is stale."""

    def export(self, name: str, target: Path, on_progress: OnProgress = no_progress) -> None:
        """Write the session as a ZIP to ``target``, atomically."""

    def import_archive(
        self, archive: Path, name: str, on_progress: OnProgress = no_progress, *, reading: str = ""
    ) -> str:
        """Import a ZIP as new sessions and return the clean name of the first.

        Nothing is overwritten.

        :param name: of the only session; "" for that of its folder or of the ZIP.
        :param reading: how names that are not UTF-8 are read, a value of `NameReading`.
        """

    def delete(self, name: str) -> None: ...
