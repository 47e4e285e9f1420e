from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from sessions_app.admin.base import ReadOnlyAdmin, link
from sessions_app.models import IdempotencyRecord


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin[IdempotencyRecord]):
    list_display = ("key", "owned_by", "status", "location", "created_at")
    list_select_related = ("owner",)
    search_fields = ("key", "owner__username")
    fields = list_display

    @admin.display(description=gettext_lazy("owner"), ordering="owner__username")
    def owned_by(self, record: IdempotencyRecord) -> str:
        return link(record.owner)
