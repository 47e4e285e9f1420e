"""Counts and sizes of deleted data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class Tally:
    count: int = 0
    size: int = 0
    """In bytes."""

    def add(self, size: int) -> None:
        self.count += 1
        self.size += size

    def merge(self, other: Tally) -> None:
        self.count += other.count
        self.size += other.size
