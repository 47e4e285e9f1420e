"""Pages with numbers, as far as they can be reached by skipping few rows.

A number means rows to skip, from the nearer end of the list; keys are skipped in an index. Pages that are too far from both ends have
no number and begin at a row, like those of `keyset`. See docs/decisions/0045-numbered-pages.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from sessions_app.queries.keyset import KeysetPage, Order, Position, get_first_rows, get_keyset_page

M = TypeVar("M", bound=Model)

MAX_SKIPPED = 2000
"""Rows that a page skips, and that are counted."""
START = Position()
NEIGHBORS = 2
"""Pages on each side of the current one with a link."""


@dataclass(frozen=True, kw_only=True)
class NumberedPage(KeysetPage[M]):
    total: int
    """Number of rows of all pages."""
    is_exact: bool = True
    """Whether there are exactly ``total`` rows, not more."""
    size: int
    number: int | None = None
    """From 1; None if too many rows are before and after it."""

    @property
    def count(self) -> int:
        """Number of pages; at least that many unless the total is exact."""
        return max(1, -(-self.total // self.size))

    @property
    def links(self) -> list[int | None]:
        """Numbers of the pages to link to, with None for gaps."""
        numbers = {1, *([self.count] if self.is_exact else [])}
        if self.number is not None:
            near = range(self.number - NEIGHBORS, self.number + NEIGHBORS + 1)
            numbers.update(each for each in near if 1 <= each <= self.count)
        return _with_gaps(sorted(each for each in numbers if self.can_skip_to(each)))

    def can_skip_to(self, number: int) -> bool:
        """Return whether the page with a number can be reached without skipping many rows."""
        start = (number - 1) * self.size
        return start <= MAX_SKIPPED or (self.is_exact and self.total - start <= MAX_SKIPPED)

    @property
    def next_number(self) -> int | None:
        """Number of the next page, if it can have one."""
        if self.number is None or self.next is None or not self.can_skip_to(self.number + 1):
            return None
        return self.number + 1

    @property
    def previous_number(self) -> int | None:
        """Number of the previous page, if it can have one."""
        if self.number is None or self.number == 1 or not self.can_skip_to(self.number - 1):
            return None
        return self.number - 1


def get_first_page(rows: Sequence[M], *, order: Order, size: int, total: int) -> NumberedPage[M]:
    """Return the page of the first rows, of which there is one more than it shows."""
    return _number(get_first_rows(rows, order=order, size=size), None, total, size, 1)


def get_numbered_page(
    rows: QuerySet[M],
    *,
    order: Order,
    size: int,
    position: Position = START,
    number: int | None = None,
    total: int | None = None,
) -> NumberedPage[M]:
    """Return a page of a list; the nearest one that exists and can be reached.

    :param position: where the page begins or ends, if it has no number.
    :param number: of the page, from 1.
    :param total: number of rows, if it is known. Others are counted up to `MAX_SKIPPED`.
    """
    if number is None and not (position.after or position.before or position.is_last):
        number = 1
    if number == 1:
        page = get_keyset_page(rows, order=order, size=size)
        if total is None and page.next is None:
            total = len(page)
        return _number(page, rows, total, size, 1)
    is_exact = total is not None
    if total is None:
        total = _count(rows)
        is_exact = total <= MAX_SKIPPED
    empty = NumberedPage[M](items=[], total=total, is_exact=is_exact, size=size)
    if number is None and position.is_last and is_exact:
        number = empty.count
    if number is None:
        page = get_keyset_page(rows, order=order, size=size, position=position)
        # The nearest page may be the first one.
        first = 1 if page.previous is None else None
        return replace(empty, items=page.items, previous=page.previous, next=page.next, number=first)
    number = max(1, min(number, empty.count))
    if not empty.can_skip_to(number):
        number = MAX_SKIPPED // size + 1
    return _skip(rows, order, empty, number)


def _number(
    page: KeysetPage[M], rows: QuerySet[M] | None, total: int | None, size: int, number: int
) -> NumberedPage[M]:
    is_exact = total is not None
    if total is None:
        assert rows is not None
        total = _count(rows)
        is_exact = total <= MAX_SKIPPED
    total = max(total, len(page))
    return NumberedPage(
        items=page.items,
        previous=page.previous,
        next=page.next,
        total=total,
        is_exact=is_exact,
        size=size,
        number=number,
    )


def _count(rows: QuerySet[Any]) -> int:
    """Return the number of rows, at most one more than `MAX_SKIPPED`."""
    return rows.order_by().values("pk")[: MAX_SKIPPED + 1].count()


def _skip(rows: QuerySet[M], order: Order, empty: NumberedPage[M], number: int) -> NumberedPage[M]:
    start = (number - 1) * empty.size
    stop = start + empty.size
    is_reversed = empty.is_exact and empty.total - start < start
    items: list[M]
    if is_reversed:
        start, stop = max(0, empty.total - stop), empty.total - start
    in_order = order.sort(rows, is_reversed=is_reversed)
    if start == 0:
        items = list(in_order[:stop])
        items = items[::-1] if is_reversed else items
    else:
        # Keys alone are read from an index, without the rows that are skipped.
        keys = list(in_order.values_list("pk", flat=True)[start:stop])
        items = list(order.sort(rows.filter(pk__in=keys)))
    is_last = number == empty.count and empty.is_exact
    return replace(
        empty,
        items=items,
        number=number,
        previous=order.encode(items[0]) if items and number > 1 else None,
        next=order.encode(items[-1]) if items and not is_last else None,
    )


def _with_gaps(numbers: Sequence[int]) -> list[int | None]:
    links: list[int | None] = []
    for number in numbers:
        last = links[-1] if links else 0
        if last is not None and number == last + 2:
            links.append(number - 1)  # a gap would take as much space
        elif last is not None and number > last + 2:
            links.append(None)
        links.append(number)
    return links
