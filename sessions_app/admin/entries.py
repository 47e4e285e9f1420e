from __future__ import annotations

from django.contrib import admin

from dubbing_core.sizes import format_size
from sessions_app.admin.base import ReadOnlyAdmin, link
from sessions_app.models import Entry


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin[Entry]):
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
    list_filter = ("category", ("removed_in", admin.EmptyFieldListFilter))
    search_fields = ("path", "session__name", "blob__sha256")
    fields = list_display

    @admin.display(description="session", ordering="session__name")
    def in_session(self, entry: Entry) -> str:
        return link(entry.session)

    @admin.display(description="size", ordering="blob__size")
    def size(self, entry: Entry) -> str:
        return format_size(entry.blob.size)

    @admin.display(description="blob")
    def blob_link(self, entry: Entry) -> str:
        return link(entry.blob)
