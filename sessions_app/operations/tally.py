"""Numbers and bytes of deleted data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum


@dataclass(kw_only=True)
class Tally:
    count: int = 0
    size: int = 0
    """In bytes."""

    @classmethod
    def of(cls, rows: QuerySet[Any], *, size: str = "size") -> Tally:
        """Count rows in the database.

        :param size: the field with the bytes of a row.
        """
        totals = rows.aggregate(rows=Count("pk"), bytes=Sum(size))
        return cls(count=totals["rows"], size=totals["bytes"] or 0)

    def add(self, size: int) -> None:
        self.count += 1
        self.size += size

    def merge(self, other: Tally) -> None:
        self.count += other.count
        self.size += other.size
