"""Which tests a pytest process runs: those of its stack and its shares, with `make test` or `make test-large`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

ONE_STACK = ("bench", "browser", "language", "services", "stores", "unit")
"""Folders whose results do not depend on the stack, or whose tests start their own servers: run once."""
ON_TEAM = ("language", "services", "stores", "unit")
"""Folders of ``ONE_STACK`` that run on ``team`` in `make test`: it has the servers of two, and fewer other tests than
``embedded``, which runs the rest."""
EITHER_STACK = ("client", "runs")
"""Folders whose tests all count as marked ``either_stack``: they start portals or programs in other processes, and those of
``integration`` and ``journeys`` test the same operations on ``team``."""
SHARES = {"runs": ("browser", "runs"), "servers": ("client", "journeys", "services", "stores")}
"""Folders whose tests mostly wait for a portal or server in other processes; all others are ``inside``."""


@dataclass(frozen=True)
class Selection:
    stack: str
    shares: frozenset[str] = frozenset({"inside", *SHARES})
    is_worker: bool = False
    """Whether other workers run the other shares and the other stack."""

    def __post_init__(self) -> None:
        if unknown := self.shares - {"inside", *SHARES}:
            raise ValueError(f"Unknown shares: {', '.join(unknown)}.")

    def has_folder(self, folder: str, *, runs_once: bool = False) -> bool:
        """Return whether the process runs tests of a folder below tests/, or those of it that run once."""
        share = next((share for share, folders in SHARES.items() if folder in folders), "inside")
        once = runs_once or folder in ONE_STACK
        return share in self.shares and (not once or self.stack == self._stack_of(folder))

    def has_test(self, folder: str, markers: Collection[str]) -> bool:
        """Return whether the process runs a test of a folder with these markers, now or with `make test-large`."""
        if "team" in markers:
            return self.has_folder(folder) and self.stack == "team"
        return self.has_folder(folder, runs_once="one_stack" in markers)

    def defers(self, folder: str, markers: Collection[str]) -> bool:
        """Return whether `make test` leaves a test of ``has_test`` to `make test-large`."""
        on_either = folder in EITHER_STACK or "either_stack" in markers
        return self.is_worker and self.stack == "team" and on_either and "team" not in markers

    def _stack_of(self, folder: str) -> str:
        return "team" if self.is_worker and folder in ON_TEAM else "embedded"
