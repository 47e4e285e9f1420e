"""Pages of lists."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext
from ninja import Query
from pydantic import BaseModel, Field

from sessions_app.api.problems import ProblemError
from sessions_app.queries.keyset import MAX_CURSOR_LENGTH, CursorError, Order

M = TypeVar("M", bound=Model)
T = TypeVar("T")

MAX_LIMIT = 200

Limit = Annotated[int, Query(50, ge=1, le=MAX_LIMIT, description="Maximum number of items.")]
Cursor = Annotated[
    str,
    Query("", max_length=MAX_CURSOR_LENGTH, description="`next` of the previous page; empty for the first."),
]


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = Field(description="Cursor of the next page; null on the last page.")


def paginate(rows: QuerySet[M], *, order: Order, limit: int, cursor: str) -> tuple[Sequence[M], str | None]:
    """Return one page of rows and the cursor of the next, in one query.

    :raises ProblemError: the cursor is not from this list.
    """
    if cursor:
        try:
            rows = rows.filter(order.after(cursor))
        except CursorError:
            raise bad_cursor() from None
    page = list(order.sort(rows)[: limit + 1])
    return page[:limit], order.encode(page[limit - 1]) if len(page) > limit else None


def bad_cursor() -> ProblemError:
    return ProblemError(
        HTTPStatus.BAD_REQUEST,
        "bad_cursor",
        gettext("This cursor is not from this list. Start without a cursor."),
    )
