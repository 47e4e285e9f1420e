"""Error of unreadable archives."""

from __future__ import annotations

from dubbing_core.paths import escape_unprintable
from dubbing_core.sentences import sentence


class ZipError(ValueError):
    """The archive is refused. The message is shown to the user who uploaded it."""

    def __init__(self, code: str, message: str, *, member: str | None = None) -> None:
        if member:
            message = sentence(
                "%(message)s (File in the archive: “%(member)s”.)", message=message, member=member
            )
        super().__init__(escape_unprintable(message))
        self.code = code
        """Stable identifier, such as `zip_truncated`."""
        self.member = member
        """Name of the member that caused the error, escaped for display; None if it is not one member."""
