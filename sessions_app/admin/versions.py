from __future__ import annotations

import json

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from sessions_app.admin.base import LargeTableAdmin, link, list_link
from sessions_app.admin.search import find_sessions
from sessions_app.models import Export, Version
from sessions_app.translation import localize, localize_message, localize_size


@admin.register(Version)
class VersionAdmin(LargeTableAdmin[Version]):
    list_display = (
        "__str__",
        "in_session",
        "number",
        "created_at",
        "saved_by",
        "shown_message",
        "stage",
        "file_count",
        "size",
        "added",
    )
    list_select_related = ("session", "created_by")
    search_fields = ("session__name",)
    search_help_text = gettext_lazy("Versions of a session: a part of its name, or its code.")
    fields = (
        "in_session",
        "number",
        "created_at",
        "saved_by",
        "shown_message",
        "changed",
        "restored_from",
        "video_name",
        "language_tags",
        "stage",
        "file_count",
        "size",
        "added",
        "fingerprint",
        "related",
        "metadata_json",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Version]:
        return super().get_queryset(request).defer("document", "texts")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "session__id__exact" or super().lookup_allowed(lookup, value, request)

    def find(self, term: str) -> Q:
        return Q(session__in=find_sessions(term))

    @admin.display(description=gettext_lazy("session"), ordering="session__name")
    def in_session(self, version: Version) -> str:
        return link(version.session)

    @admin.display(description=gettext_lazy("saved by"), ordering="created_by__username")
    def saved_by(self, version: Version) -> str:
        return link(version.created_by)

    @admin.display(description=gettext_lazy("message"))
    def shown_message(self, version: Version) -> str:
        return localize_message(version.message)

    @admin.display(description=gettext_lazy("size"), ordering="total_size")
    def size(self, version: Version) -> str:
        return localize_size(version.total_size)

    @admin.display(description=gettext_lazy("added"), ordering="stored_size")
    def added(self, version: Version) -> str:
        return localize_size(version.stored_size)

    @admin.display(description=gettext_lazy("changes"))
    def changed(self, version: Version) -> str:
        return localize(version.change_summary.words)

    @admin.display(description=gettext_lazy("related rows"))
    def related(self, version: Version) -> SafeString:
        return list_link(Export, gettext("Exports"), version__id__exact=version.pk)

    @admin.display(description=gettext_lazy("metadata"))
    def metadata_json(self, version: Version) -> SafeString:
        return format_html(
            "<pre>{}</pre>", json.dumps(version.complete_metadata, ensure_ascii=False, indent=2)
        )
