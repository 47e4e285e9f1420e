from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from dubbing_core.sizes import format_size
from sessions_app.admin.base import ReadOnlyAdmin, list_link
from sessions_app.models import Blob, Entry, Pin, Upload
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.storage.store import StoreError

ROWS = (
    ("sessions", "Sessions whose retention in the trash has ended"),
    ("exports", "Expired exports"),
    ("uploads", "Expired uploads"),
    ("leftovers", "Temporary files of finished jobs and uploads"),
    ("blobs", "Blobs that nothing refers to"),
    ("unreferenced", "Blobs that nothing refers to, in the grace period"),
)


@admin.register(Blob)
class BlobAdmin(ReadOnlyAdmin[Blob]):
    list_display = ("sha256", "human_size", "state", "is_referenced", "created_at", "unreferenced_since")
    list_filter = ("state", ("unreferenced_since", admin.EmptyFieldListFilter))
    date_hierarchy = "created_at"
    search_fields = ("sha256",)
    fields = (
        "sha256",
        "human_size",
        "size",
        "crc32",
        "state",
        "is_referenced",
        "created_at",
        "unreferenced_since",
        "related",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Blob]:
        blob = OuterRef("pk")
        references = [Exists(model.objects.filter(blob=blob)) for model in (Entry, Pin, Upload)]
        return (
            super()
            .get_queryset(request)
            .annotate(is_referenced=references[0] | references[1] | references[2])
        )

    def get_urls(self) -> list[URLPattern]:
        page = path("garbage/", self.admin_site.admin_view(self.garbage), name="sessions_app_garbage")
        return [page, *super().get_urls()]

    @admin.display(description="size", ordering="size")
    def human_size(self, blob: Blob) -> str:
        return format_size(blob.size)

    @admin.display(description="referenced", boolean=True)
    def is_referenced(self, blob: Any) -> bool:
        """Return whether a version, an upload or a job refers to the blob."""
        return bool(blob.is_referenced)

    @admin.display(description="references")
    def related(self, blob: Blob) -> SafeString:
        models = {"Files": Entry, "Uploads": Upload, "Jobs": Pin}
        links = [list_link(model, text, blob__id__exact=blob.pk) for text, model in models.items()]
        return SafeString(" · ".join(links))

    def garbage(self, request: HttpRequest) -> HttpResponse:
        """Show what a garbage collection would delete; on POST, delete it."""
        if not self.has_cleanup_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                report = collect_garbage(now=timezone.now(), dry_run=False)
            except StoreError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, f"Deleted: {format_size(report.freed)} freed.")
            return redirect("admin:sessions_app_garbage")
        report = collect_garbage(now=timezone.now(), dry_run=True)
        rows = [
            (label, tally.count, format_size(tally.size))
            for name, label in ROWS
            for tally in [getattr(report, name)]
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "Clean up",
            "opts": self.opts,
            "rows": rows,
            "is_clean": all(not count for _, count, _ in rows),
            "freed": format_size(report.freed),
        }
        return render(request, "admin/sessions_app/garbage.html", context)
