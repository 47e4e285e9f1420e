"""Heads of the columns of the session list, some of which sort it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from dubbing_core.sentences import sentence
from sessions_app.queries.sessions import ORDERS, SessionOrder, SessionSearch
from sessions_app.translation import localize


@dataclass(frozen=True, kw_only=True)
class ColumnHead:
    """Head of a column as the page shows it."""

    label: str
    css_class: str
    name: str = ""
    """Value of the order; "" if the column does not sort."""
    url_query: str = ""
    """Of the list in this order, or in the reverse if it is sorted by it already."""
    aria_sort: str = ""


@dataclass(frozen=True)
class SortColumn:
    label: str
    order: SessionOrder | None = None
    css_class: str = ""

    def show(self, search: SessionSearch, query: Mapping[str, str]) -> ColumnHead:
        """Return the head of the column in a list.

        :param query: fields of the list's address.
        """
        if self.order is None:
            return ColumnHead(label=localize(self.label), css_class=self.css_class)
        is_current = search.order is self.order
        fields = {name: value for name, value in query.items() if name not in {"sort", "reverse"}}
        if self.order is not SessionOrder.UPDATED:
            fields["sort"] = self.order.value
        if is_current and not search.is_reversed:
            fields["reverse"] = "1"
        is_descending = ORDERS[self.order].is_descending != search.is_reversed
        return ColumnHead(
            label=localize(self.label),
            css_class=self.css_class,
            name=self.order.value,
            url_query=urlencode(fields),
            aria_sort=("descending" if is_descending else "ascending") if is_current else "",
        )


COLUMNS = (
    SortColumn(sentence("Session"), SessionOrder.NAME),
    SortColumn(sentence("Progress")),
    SortColumn(sentence("Duration"), SessionOrder.DURATION, "number"),
    SortColumn(sentence("Size"), SessionOrder.SIZE, "number"),
    SortColumn(sentence("Owner")),
    SortColumn(sentence("Updated"), SessionOrder.UPDATED),
)
