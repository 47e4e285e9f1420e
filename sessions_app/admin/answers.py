from __future__ import annotations

from django.contrib import admin

from sessions_app.admin.base import ReadOnlyAdmin, link
from sessions_app.models import KeptAnswer


@admin.register(KeptAnswer)
class KeptAnswerAdmin(ReadOnlyAdmin[KeptAnswer]):
    list_display = ("key", "asked_by", "status", "location", "created_at")
    list_select_related = ("owner",)
    search_fields = ("key", "owner__username")
    fields = list_display

    @admin.display(description="asked by", ordering="owner__username")
    def asked_by(self, answer: KeptAnswer) -> str:
        return link(answer.owner)
