from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from sessions_app.admin.base import EmptyFilter, ReadOnlyAdmin, act_on_each, link
from sessions_app.models import Share


@admin.register(Share)
class ShareAdmin(ReadOnlyAdmin[Share]):
    list_display = (
        "code",
        "of_export",
        "note",
        "author",
        "created_at",
        "expires_at",
        "revoked_at",
        "download_count",
        "last_download_at",
    )
    list_select_related = ("export", "created_by")
    list_filter = (("revoked_at", EmptyFilter), "expires_at")
    date_hierarchy = "created_at"
    search_fields = ("code", "note", "created_by__username", "export__filename")
    fields = list_display
    actions = ("revoke",)

    @admin.display(description=gettext_lazy("export"), ordering="export__filename")
    def of_export(self, share: Share) -> str:
        return link(share.export)

    @admin.display(description=gettext_lazy("created by"), ordering="created_by__username")
    def author(self, share: Share) -> str:
        return link(share.created_by)

    @admin.action(permissions=["cleanup"], description=gettext_lazy("Revoke"))
    def revoke(self, request: HttpRequest, rows: QuerySet[Share]) -> None:
        now = timezone.now()
        act_on_each(request, rows, lambda share: share.revoke(now=now), done=gettext("Revoked"))
