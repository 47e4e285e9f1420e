from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from sessions_app.admin.base import EmptyFilter, LargeTableAdmin, list_link
from sessions_app.admin.search import NOTHING, has_sha256
from sessions_app.models import Blob, BlobMedia, Derivative, Entry, Job, Pin, Upload
from sessions_app.operations.cleanup.request import request_cleanup
from sessions_app.translation import localize_facts, localize_size, localize_stored

ROWS = (
    ("sessions", gettext_lazy("Sessions whose retention in the trash has ended"), False),
    ("exports", gettext_lazy("Expired exports"), True),
    ("uploads", gettext_lazy("Expired uploads"), True),
    ("leftovers", gettext_lazy("Temporary files of finished jobs and uploads"), True),
    ("blobs", gettext_lazy("Blobs that nothing refers to"), True),
    ("unreferenced", gettext_lazy("Blobs that nothing refers to, whose grace period starts"), True),
    ("jobs", gettext_lazy("Old jobs"), False),
    ("records", gettext_lazy("Expired sign-ins and idempotency records"), False),
)
SHOWN_JOBS = 5


class BlobList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """Look up references for the rows on the page.

        As a column of the query, SQLite would look them up for all rows that it sorts.
        """
        super().get_results(request)
        self.result_list = _with_references(self.result_list)


def _with_references(blobs: Iterable[Blob]) -> QuerySet[Blob]:
    """Return the blobs with one of their references, the last created first."""
    references = [
        Subquery(model.objects.filter(blob=OuterRef("pk")).values("pk")[:1]) for model in (Entry, Pin, Upload)
    ]
    # With a limit each is looked up; for EXISTS PostgreSQL reads all entries.
    rows = Blob.objects.filter(pk__in=[blob.pk for blob in blobs])
    return rows.annotate(reference=Coalesce(*references)).order_by("-pk")


@admin.register(Blob)
class BlobAdmin(LargeTableAdmin[Blob]):
    list_display = ("sha256", "human_size", "state", "is_referenced", "created_at", "unreferenced_since")
    list_filter = (("unreferenced_since", EmptyFilter),)
    search_fields = ("sha256",)
    search_help_text = gettext_lazy("A SHA-256, or its first 6 or more characters.")
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
        "media_facts",
        "media_problem",
        "previews",
    )

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[BlobList]:  # noqa: ARG002 (signature of Django)
        return BlobList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Blob | None:
        blob = super().get_object(request, object_id, from_field)
        return blob and _with_references([blob]).get()

    def find(self, term: str) -> Q:
        return has_sha256(term) or NOTHING

    def get_urls(self) -> list[URLPattern]:
        page = path("garbage/", self.admin_site.admin_view(self.garbage), name="sessions_app_garbage")
        return [page, *super().get_urls()]

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def human_size(self, blob: Blob) -> str:
        return localize_size(blob.size)

    @admin.display(description=gettext_lazy("referenced"), boolean=True)
    def is_referenced(self, blob: Any) -> bool:
        """Return whether a version, an upload or a job refers to the blob."""
        return blob.reference is not None

    @admin.display(description=gettext_lazy("references"))
    def related(self, blob: Blob) -> SafeString:
        models = {gettext("Files"): Entry, gettext("Uploads"): Upload, gettext("Jobs"): Pin}
        links = [list_link(model, text, blob__id__exact=blob.pk) for text, model in models.items()]
        return SafeString(" · ".join(links))

    @admin.display(description=gettext_lazy("media"))
    def media_facts(self, blob: Blob) -> str:
        media = _get_media(blob)
        if media is None:
            return gettext("no audio or video, or not read yet")
        return localize_facts(media.facts.summary or media.reason)

    @admin.display(description=gettext_lazy("problem of the media"))
    def media_problem(self, blob: Blob) -> str:
        media = _get_media(blob)
        return localize_stored(media.problem) if media else ""

    @admin.display(description=gettext_lazy("previews"))
    def previews(self, blob: Blob) -> SafeString:
        """Return what was made of the blob: kind, size, or why it cannot be made."""
        rows = blob.derivatives.defer("content").select_related("blob").order_by("kind")
        return format_html_join(SafeString("<br>"), "{}: {}", ((row.kind, _describe(row)) for row in rows))

    def garbage(self, request: HttpRequest) -> HttpResponse:
        """Show the last cleanups; on POST, queue one for the worker."""
        if not self.has_cleanup_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            dry_run = "count" in request.POST
            assert request.user.is_authenticated
            request_cleanup(owner=request.user, dry_run=dry_run, now=timezone.now())
            return redirect("admin:sessions_app_garbage")
        jobs = list(Job.objects.filter(kind=Job.Kind.CLEANUP).order_by("-pk")[:SHOWN_JOBS])
        finished = next((job for job in jobs if job.state == Job.State.SUCCEEDED), None)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Clean up"),
            "opts": self.opts,
            "jobs": jobs,
            "running": next((job for job in jobs if not job.is_finished), None),
            "report": finished,
            "rows": _get_rows(finished) if finished else [],
        }
        return render(request, "admin/sessions_app/garbage.html", context)


def _get_media(blob: Blob) -> BlobMedia | None:
    return BlobMedia.objects.filter(pk=blob.pk).first()


def _describe(derivative: Derivative) -> SafeString | str:
    """Return where a derivative is stored, with its size, or why there is none."""
    if derivative.reason:
        return localize_stored(derivative.reason)
    if derivative.blob is not None:
        size = localize_size(derivative.size)
        address = reverse("admin:sessions_app_blob_change", args=[derivative.blob.pk])
        return format_html('<a href="{}">{}</a>', address, size)
    if derivative.size:
        return gettext("%(size)s, in its row") % {"size": localize_size(derivative.size)}
    return ", ".join(f"{name} {value}" for name, value in derivative.details.items())


def _get_rows(job: Job) -> list[tuple[str, int, str]]:
    """Return label, count and size of each kind of data in a cleanup's result."""
    return [
        (str(label), job.result[name]["count"], localize_size(job.result[name]["size"]) if has_size else "")
        for name, label, has_size in ROWS
        if name in job.result
    ]
