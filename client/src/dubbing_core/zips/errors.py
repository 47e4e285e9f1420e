"""Error of unreadable archives."""

from __future__ import annotations


class ZipError(ValueError):
    """The archive is refused. The message is shown to the user who uploaded it."""

    def __init__(self, code: str, message: str, *, member: str | None = None) -> None:
        super().__init__(f"{message} (File in the archive: “{member}”.)" if member else message)
        self.code = code
        """Stable identifier, such as `zip_truncated`."""
        self.member = member
        """Name of the member that caused the error, escaped for display; None if it is not one member."""
