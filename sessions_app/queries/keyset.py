"""Keyset pagination: pages begin at a row, not at a number of skipped rows.

Every page thus costs the same. A cursor contains the sort key of a page's first or last row.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import Model, Q, QuerySet

from dubbing_core import strict_json

M = TypeVar("M", bound=Model)
Row = TypeVar("Row")
"""A model, or a named tuple of its columns with ``pk``."""

MAX_CURSOR_LENGTH = 4000


class CursorError(ValueError):
    """The cursor is not from this list."""


def encode_values(values: Sequence[Any]) -> str:
    """Return a cursor that contains values of JSON."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_values(cursor: str) -> Any:
    """Return the values of a cursor.

    :raises CursorError: it has none.
    """
    if len(cursor) > MAX_CURSOR_LENGTH:
        raise CursorError
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return strict_json.parse_json(data)
    except (ValueError, TypeError, binascii.Error):
        raise CursorError from None


@dataclass(frozen=True, kw_only=True)
class Order:
    """Sort order by one column, then by primary key."""

    field: str
    """A column or annotation that is never NULL."""
    kind: type[datetime | str | int]
    is_descending: bool = False

    def sort(self, rows: QuerySet[M], *, is_reversed: bool = False) -> QuerySet[M]:
        sign = "-" if self.is_descending != is_reversed else ""
        return rows.order_by(f"{sign}{self.field}", f"{sign}pk")

    def after(self, cursor: str, *, is_reversed: bool = False) -> Q:
        """Return the condition that a row follows the cursor's.

        :param is_reversed: the condition that it precedes the cursor's row.
        :raises CursorError: the cursor is not from this list.
        """
        value, pk = self._decode(cursor)
        sign = "lt" if self.is_descending != is_reversed else "gt"
        # The first condition is the range that databases look up in an index; the second one only separates equal values.
        return Q(**{f"{self.field}__{sign}e": value}) & (
            Q(**{f"{self.field}__{sign}": value}) | Q(**{f"pk__{sign}": pk})
        )

    def encode(self, row: Any) -> str:
        """Return the cursor of a row."""
        value = getattr(row, self.field)
        encoded = value.isoformat() if isinstance(value, datetime) else value
        return encode_values([self.field, encoded, row.pk])

    def _decode(self, cursor: str) -> tuple[Any, int]:
        try:
            field, encoded, pk = decode_values(cursor)
            value = datetime.fromisoformat(encoded) if self.kind is datetime else encoded
        except (ValueError, TypeError):
            raise CursorError from None
        is_naive = isinstance(value, datetime) and value.tzinfo is None
        if field != self.field or type(value) is not self.kind or type(pk) is not int or is_naive:
            raise CursorError
        return value, pk


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a page begins or ends; by default at the start of the list."""

    after: str = ""
    """Cursor of the last row of the page before it."""
    before: str = ""
    """Cursor of the first row of the page after it."""
    is_last: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Position:
        return cls(after=query.get("after", ""), before=query.get("before", ""), is_last="last" in query)


@dataclass(frozen=True, kw_only=True)
class KeysetPage(Generic[Row]):
    items: Sequence[Row]
    previous: str | None = None
    """Cursor for ``before``; None on the first page."""
    next: str | None = None
    """Cursor for ``after``; None on the last page."""

    def __iter__(self) -> Iterator[Row]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def is_only(self) -> bool:
        return self.previous is None and self.next is None


class Fetch(Protocol[Row]):
    """Reads the first rows that meet a condition, in a list's order or the reverse."""

    def __call__(self, condition: Q, count: int, *, is_reversed: bool) -> list[Row]: ...


def get_keyset_page(
    rows: QuerySet[M], *, order: Order, size: int, position: Position = Position()
) -> KeysetPage[M]:
    """Return a page of a list; the nearest one if the position does not exist."""

    def fetch(condition: Q, count: int, *, is_reversed: bool) -> list[M]:
        return list(order.sort(rows.filter(condition), is_reversed=is_reversed)[:count])

    return fetch_keyset_page(fetch, order=order, size=size, position=position)


def get_first_rows(rows: Sequence[Row], *, order: Order, size: int) -> KeysetPage[Row]:
    """Return the page of the first rows, of which there is one more than it shows."""

    def fetch(condition: Q, count: int, *, is_reversed: bool) -> list[Row]:
        assert not condition
        assert not is_reversed
        return list(rows[:count])

    return fetch_keyset_page(fetch, order=order, size=size)


def fetch_keyset_page(
    fetch: Fetch[Row], *, order: Order, size: int, position: Position = Position()
) -> KeysetPage[Row]:
    """Return a page of a list that no single query returns.

    The nearest one if the position does not exist.
    """
    try:
        return _find_page(fetch, order, size, position)
    except CursorError:
        return _find_page(fetch, order, size, Position())


def _find_page(fetch: Fetch[Row], order: Order, size: int, position: Position) -> KeysetPage[Row]:
    if position.is_last or position.before:
        condition = Q() if position.is_last else order.after(position.before, is_reversed=True)
        found = fetch(condition, size + 1, is_reversed=True)
        if len(found) <= size:  # fewer than a page: the first page is always full
            return _find_page(fetch, order, size, Position())
        items = found[size - 1 :: -1]
        next_cursor = None if position.is_last else order.encode(items[-1])
        return KeysetPage(items=items, previous=order.encode(items[0]), next=next_cursor)
    found = fetch(order.after(position.after) if position.after else Q(), size + 1, is_reversed=False)
    if not found and position.after:  # the rows after it were deleted
        return _find_page(fetch, order, size, Position(is_last=True))
    items = found[:size]
    return KeysetPage(
        items=items,
        previous=order.encode(items[0]) if position.after else None,
        next=order.encode(items[-1]) if len(found) > size else None,
    )
