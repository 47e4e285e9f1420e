from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from sessions_app.admin.base import EmptyFilter, ReadOnlyAdmin, act_on_each, link
from sessions_app.models import AccessToken


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin[AccessToken]):
    list_display = (
        "name",
        "prefix",
        "owned_by",
        "scope",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_select_related = ("owner",)
    list_filter = ("scope", ("revoked_at", EmptyFilter), "last_used_at")
    date_hierarchy = "created_at"
    search_fields = ("name", "prefix", "code", "owner__username")
    fields = ("code", *list_display)
    actions = ("revoke",)

    @admin.display(description=gettext_lazy("owner"), ordering="owner__username")
    def owned_by(self, token: AccessToken) -> str:
        return link(token.owner)

    @admin.action(permissions=["cleanup"], description=gettext_lazy("Revoke"))
    def revoke(self, request: HttpRequest, rows: QuerySet[AccessToken]) -> None:
        now = timezone.now()
        act_on_each(request, rows, lambda token: token.revoke(now=now), done=gettext("Revoked"))
