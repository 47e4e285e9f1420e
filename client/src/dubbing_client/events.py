"""How work tells how far it is. Callbacks may come from any thread."""

from __future__ import annotations

from typing import Protocol


class Listener(Protocol):
    def begin(self, step: str, total: int) -> None:
        """A step begins, or grows by so many bytes; steps may run side by side."""

    def advance(self, step: str, count: int) -> None:
        """So many bytes more; negative where they have to go again."""

    def end(self, step: str) -> None:
        """The step is over."""

    def tell(self, sentence: str) -> None:
        """Something that a person should know, though the work goes on."""


class Silence:
    """Listens to nothing."""

    def begin(self, step: str, total: int) -> None: ...

    def advance(self, step: str, count: int) -> None: ...

    def end(self, step: str) -> None: ...

    def tell(self, sentence: str) -> None: ...


SILENCE = Silence()
