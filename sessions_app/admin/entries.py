from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from sessions_app.admin.base import EmptyFilter, LargeTableAdmin, link
from sessions_app.admin.search import find_blobs, find_sessions
from sessions_app.models import Entry
from sessions_app.translation import localize_size

SESSION, BLOB = "session__id__exact", "blob__id__exact"


@admin.register(Entry)
class EntryAdmin(LargeTableAdmin[Entry]):
    list_display = (
        "path",
        "in_session",
        "category",
        "language",
        "size",
        "added_in",
        "removed_in",
        "blob_link",
    )
    list_select_related = ("session", "blob")
    search_fields = ("path",)
    search_help_text = gettext_lazy(
        "Files of a session: a part of its name, or its code. Files with a content: its SHA-256 or the first 6 or more"
        " characters. Among the files of one session: a part of the path."
    )
    fields = list_display

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        """Filter the files of one session only: a rare value would have all files read."""
        return ("category", ("removed_in", EmptyFilter)) if SESSION in request.GET else ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in {SESSION, BLOB} or super().lookup_allowed(lookup, value, request)

    def find(self, term: str) -> Q:
        return Q(session__in=find_sessions(term)) | Q(blob__in=find_blobs(term))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        if SESSION in request.GET:
            return queryset.filter(path__icontains=search_term.strip()), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("session"), ordering="session__name")
    def in_session(self, entry: Entry) -> str:
        return link(entry.session)

    @admin.display(description=gettext_lazy("size"), ordering="blob__size")
    def size(self, entry: Entry) -> str:
        return localize_size(entry.blob.size)

    @admin.display(description=gettext_lazy("blob"))
    def blob_link(self, entry: Entry) -> str:
        return link(entry.blob)
