from __future__ import annotations


class ZipError(ValueError):
    """An archive that is refused. Its message is a sentence for the person who chose the file."""

    def __init__(self, code: str, message: str, *, member: str | None = None) -> None:
        super().__init__(f"{message} (File in the archive: “{member}”.)" if member else message)
        self.code = code
        """Stable: `zip_` and what is wrong. Interfaces and tests tell errors apart by it."""
        self.member = member
        """The name of the file in the archive, safe to show, where one is to blame."""
