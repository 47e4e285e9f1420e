from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from sessions_app.admin.base import EmptyFilter, LargeTableAdmin, link, list_link, show_count
from sessions_app.admin.search import find_sessions, find_users, parse_code
from sessions_app.models import Export, Share, Version
from sessions_app.operations.cleanup.exports import expire_exports
from sessions_app.storage.errors import StoreError
from sessions_app.translation import localize, localize_size, localize_stored

MAX_VERSIONS = 1000
"""Versions whose exports a search lists."""


@admin.register(Export)
class ExportAdmin(LargeTableAdmin[Export]):
    list_display = (
        "filename",
        "owned_by",
        "in_session",
        "of_version",
        "selected",
        "human_size",
        "links",
        "created_at",
        "expires_at",
        "removed_at",
    )
    list_select_related = ("owner", "version__session")
    list_filter = (("removed_at", EmptyFilter), "expires_at")
    search_fields = ("filename",)
    search_help_text = gettext_lazy(
        "The export's code, a part of the session's name or its code, or a part of the owner's name or e-mail address."
    )
    fields = ("code", *list_display, "key", "etag", "job")
    actions = ("expire",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        rows = super().get_queryset(request).defer("version__document")
        shares = Share.objects.filter(export=OuterRef("pk")).order_by().values("export")
        count = Subquery(shares.annotate(count=Count("pk")).values("count"))  # of the rows on the page alone
        return rows.annotate(link_count=Coalesce(count, 0))

    def find(self, term: str) -> Q:
        versions = Version.objects.filter(session__in=find_sessions(term)).values_list("pk", flat=True)
        condition = Q(version__in=list(versions[:MAX_VERSIONS])) | Q(owner__in=find_users(term))
        return condition | Q(code=code) if (code := parse_code(term)) else condition

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "version__session__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("owner"), ordering="owner__username")
    def owned_by(self, export: Export) -> str:
        return link(export.owner)

    @admin.display(description=gettext_lazy("session"), ordering="version__session__name")
    def in_session(self, export: Export) -> str:
        return link(export.version.session)

    @admin.display(description=gettext_lazy("version"), ordering="version__number")
    def of_version(self, export: Export) -> int:
        return export.version.number

    @admin.display(description=gettext_lazy("selection"))
    def selected(self, export: Export) -> str:
        return localize(export.selection_label)

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def human_size(self, export: Export) -> str:
        return localize_size(export.size)

    @admin.display(description=gettext_lazy("links"), ordering="link_count")
    def links(self, export: Any) -> SafeString:
        return list_link(Share, str(export.link_count), export__id__exact=export.pk)

    @admin.action(permissions=["cleanup"], description=gettext_lazy("Expire now"))
    def expire(self, request: HttpRequest, rows: QuerySet[Export]) -> None:
        """Delete the bytes; links to the exports stop working, too."""
        expiring = Export.objects.filter(pk__in=rows.values("pk"), removed_at__isnull=True)
        try:
            expired = expire_exports(expiring, now=timezone.now())
        except StoreError as error:
            messages.error(request, localize_stored(str(error)))
        else:
            text = gettext("Expired: %(count)s; %(size)s freed.")
            values = {"count": expired.count, "size": localize_size(expired.size)}
            show_count(request, text % values, expired.count)
