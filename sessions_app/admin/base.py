# ruff: noqa: ARG002, SLF001 (signatures of Django; `_meta` is documented API)
"""Base of the admin pages: read-only rows, and lists that stay fast when large."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ClassVar, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.paginator import Page, Paginator
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dubbing_core.paths import escape_lines
from sessions_app.access import can_clean_up, can_inspect
from sessions_app.operations.errors import OperationError
from sessions_app.storage.errors import StoreError
from sessions_app.translation import localize_stored

M = TypeVar("M", bound=Model)

EMPTY = "-"
"""Shown instead of an empty value, as by Django."""
MAX_COUNT = 10_000
NEWEST_FIRST = ("-pk",)
SLUG_SCRIPTS = ("/prepopulate.js", "/urlify.js", "/xregexp.js", "/xregexp.min.js")


class CappedPaginator(Paginator[M]):
    """Paginator with a limited count, which sorts keys instead of rows.

    Counting millions of rows would take longer than the page, and so would sorting all columns of tens of thousands.
    """

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows.order_by().values("pk")[:MAX_COUNT].count()

    def page(self, number: int | str) -> Page[M]:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        keys = list(rows.values_list("pk", flat=True)[start : min(start + self.per_page, self.count)])
        return Page(rows.filter(pk__in=keys), number, self)


class EmptyFilter(admin.EmptyFieldListFilter):
    """Filter by whether a time is set.

    Django's own negates a condition: SQLite would not use a partial index and read the whole table.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> QuerySet[M]:
        if self.lookup_kwarg not in self.used_parameters:
            return queryset
        if self.lookup_val not in {"0", "1"}:
            raise IncorrectLookupParameters
        return queryset.filter(**{f"{self.field_path}__isnull": self.lookup_val == "1"})


class ReadOnlyAdmin(admin.ModelAdmin[M]):
    """Rows that are only viewed.

    Versions, entries and blobs are immutable; other rows own bytes in the store.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering: ClassVar[tuple[str | Combinable, ...] | None] = NEWEST_FIRST

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let the values of methods be shown like those of fields if they are empty."""
        super().__init_subclass__(**kwargs)
        for name in {*map(str, cls.fields or ()), *map(str, cls.list_display)} & set(vars(cls)):
            method = getattr(cls, name)
            if not getattr(method, "boolean", False):
                setattr(cls, name, _fill_empty(method))

    @property
    def media(self) -> Media:
        """Django's scripts without those that fill in slugs: 50 kB compressed."""
        inherited: Any = super().media
        return Media(js=[path for path in inherited._js if not path.endswith(SLUG_SCRIPTS)])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return can_inspect(request.user, self.model)

    def has_cleanup_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may run the actions."""
        return can_clean_up(request.user, self.model)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return _show_invisible(super().changelist_view(request, extra_context))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return _show_invisible(super().changeform_view(request, object_id, form_url, extra_context))


class LargeTableAdmin(ReadOnlyAdmin[M]):
    """Rows of a table with millions: ordered, filtered and searched by indexes only."""

    sortable_by: ClassVar[tuple[str, ...]] = ()
    """A click on a column without an index would sort the whole table."""

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable] | tuple[str | Combinable, ...]:
        """Return the same order; for a search, by an expression without an index.

        By the index of the primary key, PostgreSQL may read millions of rows backward until it finds the first result.
        """
        ordering = super().get_ordering(request)
        is_search = bool(request.GET.get(SEARCH_VAR, "").strip())
        return [(F("pk") + 0).desc()] if is_search and tuple(ordering) == NEWEST_FIRST else ordering

    def find(self, term: str) -> Q:
        """Return the condition of a search."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        term = search_term.strip()
        return (queryset.filter(self.find(term)) if term else queryset), False


def _fill_empty(method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a method that returns a dash for an empty value.

    On the page of a row, Django does so for fields alone.
    """

    @wraps(method)
    def display(page: Any, row: Any) -> Any:
        value = method(page, row)
        return EMPTY if value in {None, ""} else value

    return display


def _show_invisible(response: HttpResponse) -> HttpResponse:
    """Show invisible characters on a page, whose fields Django displays."""
    if isinstance(response, TemplateResponse):
        response.add_post_render_callback(_escape_content)
    return response


def _escape_content(response: HttpResponse) -> None:
    response.content = escape_lines(response.content.decode()).encode()


def link(row: Model | None) -> str | SafeString:
    """Return a link to the admin page of a row."""
    if row is None:
        return EMPTY
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html('<a href="{}">{}</a>', reverse(name, args=[row.pk]), row)


def list_link(model: type[Model], text: str, **filters: object) -> SafeString:
    """Return a link to the filtered list of another model."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return format_html('<a href="{}?{}">{}</a>', address, query, text)


def act_on_each(request: HttpRequest, rows: Iterable[M], act: Callable[[M], object], *, done: str) -> None:
    """Run an operation on each row; show the number of successes, and each error."""
    count = failed = 0
    for row in rows:
        try:
            if act(row) is False:
                continue
        except OperationError as error:
            failed += 1
            messages.error(request, f"{row}: {error.message}")
        except StoreError as error:
            failed += 1
            messages.error(request, f"{row}: {localize_stored(str(error))}")
        else:
            count += 1
    if count or not failed:
        show_count(request, f"{done}: {count}.", count)


def show_count(request: HttpRequest, text: str, count: int) -> None:
    """Show how many rows an action changed; a success only if there was one."""
    messages.add_message(request, messages.SUCCESS if count else messages.INFO, text)
