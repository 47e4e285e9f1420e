"""Keyset pagination.

A cursor contains the sort key of a page's last row, so that every page costs the same.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from ninja import Query
from pydantic import BaseModel, Field

from dubbing_core import strict_json
from sessions_app.api.problems import ProblemError

M = TypeVar("M", bound=Model)
T = TypeVar("T")

MAX_LIMIT = 200
MAX_CURSOR_LENGTH = 4000

Limit = Annotated[int, Query(50, ge=1, le=MAX_LIMIT, description="Maximum number of items.")]
Cursor = Annotated[
    str,
    Query("", max_length=MAX_CURSOR_LENGTH, description="`next` of the previous page; empty for the first."),
]


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = Field(description="Cursor of the next page; null on the last page.")


@dataclass(frozen=True, kw_only=True)
class Order:
    """Sort order by one column, then by primary key."""

    field: str
    """A column or annotation that is never NULL."""
    kind: type[datetime | str | int]
    is_descending: bool = False


def paginate(rows: QuerySet[M], *, order: Order, limit: int, cursor: str) -> tuple[Sequence[M], str | None]:
    """Return one page of rows and the cursor of the next, in one query.

    :raises ProblemError: the cursor is not from this list.
    """
    sign = "-" if order.is_descending else ""
    if cursor:
        rows = rows.filter(_is_after(order, cursor))
    page = list(rows.order_by(f"{sign}{order.field}", f"{sign}pk")[: limit + 1])
    if len(page) <= limit:
        return page, None
    last = page[limit - 1]
    return page[:limit], _encode_cursor(order, getattr(last, order.field), last.pk)


def _is_after(order: Order, cursor: str) -> Q:
    value, pk = _decode_cursor(order, cursor)
    lookup = "lt" if order.is_descending else "gt"
    return Q(**{f"{order.field}__{lookup}": value}) | Q(**{order.field: value, f"pk__{lookup}": pk})


def _encode_cursor(order: Order, value: Any, pk: int) -> str:
    encoded = value.isoformat() if isinstance(value, datetime) else value
    text = json.dumps([order.field, encoded, pk], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode_cursor(order: Order, cursor: str) -> tuple[Any, int]:
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        field, encoded, pk = strict_json.parse_json(data)
        value = datetime.fromisoformat(encoded) if order.kind is datetime else encoded
    except (ValueError, TypeError, binascii.Error):
        raise _bad_cursor() from None
    is_naive = isinstance(value, datetime) and value.tzinfo is None
    if field != order.field or type(value) is not order.kind or type(pk) is not int or is_naive:
        raise _bad_cursor()
    return value, pk


def _bad_cursor() -> ProblemError:
    return ProblemError(
        HTTPStatus.BAD_REQUEST, "bad_cursor", "This cursor is not from this list. Start without a cursor."
    )
