from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from sessions_app.admin.base import ReadOnlyAdmin, act_on_each, link
from sessions_app.models import Upload
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.uploads.discard import delete_uploads
from sessions_app.translation import localize_size


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin[Upload]):
    list_display = (
        "label",
        "owned_by",
        "human_size",
        "received_size",
        "state",
        "for_job",
        "created_at",
        "expires_at",
    )
    list_select_related = ("owner", "job", "blob")
    list_filter = ("state", "expires_at")
    date_hierarchy = "created_at"
    search_fields = ("path", "code", "owner__username")
    fields = ("code", *list_display, "sha256", "blob_link")
    actions = ("discard",)

    @admin.display(description=gettext_lazy("owner"), ordering="owner__username")
    def owned_by(self, upload: Upload) -> str:
        return link(upload.owner)

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def human_size(self, upload: Upload) -> str:
        return localize_size(upload.size)

    @admin.display(description=gettext_lazy("received"), ordering="received")
    def received_size(self, upload: Upload) -> str:
        return localize_size(upload.received)

    @admin.display(description=gettext_lazy("job"))
    def for_job(self, upload: Upload) -> str:
        return link(upload.job)

    @admin.display(description=gettext_lazy("path"), ordering="path")
    def label(self, upload: Upload) -> str:
        return upload.path or gettext("a pack of %(count)s files") % {"count": upload.file_count}

    @admin.display(description=gettext_lazy("blob"))
    def blob_link(self, upload: Upload) -> str:
        return link(upload.blob)

    @admin.action(permissions=["cleanup"], description=gettext_lazy("Discard"))
    def discard(self, request: HttpRequest, rows: QuerySet[Upload]) -> None:
        act_on_each(request, rows.select_related("job"), _discard, done=gettext("Discarded"))


def _discard(upload: Upload) -> None:
    if upload.job is not None and not upload.job.is_finished:
        raise NotAllowedError(gettext("A job needs this upload. Cancel the job first."), code="upload_in_use")
    delete_uploads([upload])
