from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from dubbing_core.sizes import format_size
from sessions_app.admin.base import ReadOnlyAdmin, link, list_link
from sessions_app.models import Export, Share
from sessions_app.operations.cleanup.exports import expire_exports
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.storage.store import StoreError


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin[Export]):
    list_display = (
        "filename",
        "owned_by",
        "in_session",
        "of_version",
        "selection_label",
        "human_size",
        "links",
        "created_at",
        "expires_at",
        "removed_at",
    )
    list_select_related = ("owner", "version__session")
    list_filter = (("removed_at", admin.EmptyFieldListFilter), "expires_at")
    date_hierarchy = "created_at"
    search_fields = ("filename", "code", "owner__username", "version__session__name")
    fields = ("code", *list_display, "key", "etag", "job")
    actions = ("expire",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        rows = super().get_queryset(request).defer("version__document")
        return rows.annotate(link_count=Count("shares"))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "version__session__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="owner", ordering="owner__username")
    def owned_by(self, export: Export) -> str:
        return link(export.owner)

    @admin.display(description="session", ordering="version__session__name")
    def in_session(self, export: Export) -> str:
        return link(export.version.session)

    @admin.display(description="version", ordering="version__number")
    def of_version(self, export: Export) -> int:
        return export.version.number

    @admin.display(description="size", ordering="size")
    def human_size(self, export: Export) -> str:
        return format_size(export.size)

    @admin.display(description="links", ordering="link_count")
    def links(self, export: Any) -> SafeString:
        return list_link(Share, str(export.link_count), export__id__exact=export.pk)

    @admin.action(permissions=["cleanup"], description="Expire now")
    def expire(self, request: HttpRequest, rows: QuerySet[Export]) -> None:
        """Delete the bytes; links to the exports stop working, too."""
        report = GarbageReport()
        expiring = Export.objects.filter(pk__in=rows.values("pk"), removed_at__isnull=True)
        try:
            expire_exports(expiring, report=report, now=timezone.now(), dry_run=False)
        except StoreError as error:
            messages.error(request, str(error))
        messages.success(
            request, f"Expired: {report.exports.count}; {format_size(report.exports.size)} freed."
        )
