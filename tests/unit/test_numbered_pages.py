from __future__ import annotations

from typing import Any

import pytest

from sessions_app.queries.numbered_pages import MAX_SKIPPED, NumberedPage

SIZE = 10
LAST = MAX_SKIPPED // SIZE + 1
"""Number of the last page that can be reached from the start."""


def page(total: int, number: int | None, **values: Any) -> NumberedPage[Any]:
    return NumberedPage(items=[], total=total, size=SIZE, number=number, **values)


@pytest.mark.parametrize(
    ("total", "number", "links"),
    [
        (0, 1, [1]),
        (10, 1, [1]),
        (11, 1, [1, 2]),
        (130, 1, [1, 2, 3, None, 13]),
        (130, 4, [1, 2, 3, 4, 5, 6, None, 13]),
        (130, 7, [1, None, 5, 6, 7, 8, 9, None, 13]),
        (130, 13, [1, None, 11, 12, 13]),
        (10 * MAX_SKIPPED, None, [1, None, 10 * MAX_SKIPPED // SIZE]),
    ],
)
def test_links_lead_to_the_ends_and_to_neighbors(total: int, number: int | None, links: list[int | None]):
    assert page(total, number).links == links


def test_pages_far_from_both_ends_have_no_number():
    many = 10 * MAX_SKIPPED
    at_limit = page(many, LAST, next="x", previous="x")

    assert at_limit.next_number is None
    assert at_limit.previous_number == LAST - 1
    assert LAST + 1 not in at_limit.links
    assert page(many, many // SIZE, previous="x").previous_number == many // SIZE - 1


def test_the_end_of_a_list_that_was_not_counted_has_no_number():
    shown = page(MAX_SKIPPED + 1, 3, is_exact=False, next="x", previous="x")

    assert shown.links == [1, 2, 3, 4, 5]
    assert shown.next_number == 4
