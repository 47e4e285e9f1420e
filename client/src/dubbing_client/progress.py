"""Progress of long operations. Callbacks may come from any thread."""

from __future__ import annotations

from typing import Protocol


class ProgressListener(Protocol):
    def begin(self, step: str, total: int) -> None:
        """Start a step, or add so many bytes to it; steps may overlap."""

    def advance(self, step: str, count: int) -> None:
        """Count bytes as done; a negative number if they have to be sent again."""

    def end(self, step: str) -> None:
        """End a step."""

    def notify(self, message: str) -> None:
        """Report something that the user should know although the work continues."""


class NullListener:
    def begin(self, step: str, total: int) -> None: ...

    def advance(self, step: str, count: int) -> None: ...

    def end(self, step: str) -> None: ...

    def notify(self, message: str) -> None: ...


NO_PROGRESS = NullListener()
