"""Lists in pages. A cursor says after which row the next page begins, so that it costs the same wherever it is."""

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
from sessions_app.api.problems import Refused

M = TypeVar("M", bound=Model)
T = TypeVar("T")

MOST = 200
CURSOR_LENGTH = 4000

Limit = Annotated[int, Query(50, ge=1, le=MOST, description="How many at the most.")]
Cursor = Annotated[
    str,
    Query("", max_length=CURSOR_LENGTH, description="`next` of the page before; empty for the first page."),
]


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


@dataclass(frozen=True, kw_only=True)
class Order:
    """By one column, and by the primary key among equals."""

    field: str
    """A column or annotation that is never NULL."""
    kind: type[datetime | str | int]
    descending: bool = False


def page_of(rows: QuerySet[M], *, order: Order, limit: int, cursor: str) -> tuple[Sequence[M], str | None]:
    """Return one page of rows, and the cursor of the next; one query, whatever the page.

    :raises Refused: the cursor is not one that a page of this list told.
    """
    sign = "-" if order.descending else ""
    if cursor:
        rows = rows.filter(_after(order, cursor))
    found = list(rows.order_by(f"{sign}{order.field}", f"{sign}pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], _cursor(order, getattr(last, order.field), last.pk)


def _after(order: Order, cursor: str) -> Q:
    value, pk = _read(order, cursor)
    beyond = "lt" if order.descending else "gt"
    return Q(**{f"{order.field}__{beyond}": value}) | Q(**{order.field: value, f"pk__{beyond}": pk})


def _cursor(order: Order, value: Any, pk: int) -> str:
    told = value.isoformat() if isinstance(value, datetime) else value
    text = json.dumps([order.field, told, pk], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(order: Order, cursor: str) -> tuple[Any, int]:
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        field, told, pk = strict_json.parse_json(data)
        value = datetime.fromisoformat(told) if order.kind is datetime else told
    except (ValueError, TypeError, binascii.Error):
        raise _bad_cursor() from None
    is_naive = isinstance(value, datetime) and value.tzinfo is None
    if field != order.field or type(value) is not order.kind or type(pk) is not int or is_naive:
        raise _bad_cursor()
    return value, pk


def _bad_cursor() -> Refused:
    return Refused(
        HTTPStatus.BAD_REQUEST, "bad_cursor", "This cursor is not of this list. Begin without one."
    )
