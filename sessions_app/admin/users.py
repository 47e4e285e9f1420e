from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from sessions_app.access import can_clean_up, can_inspect, usable_shares, visible_to
from sessions_app.account_forms import OperatorPasswordForm
from sessions_app.admin.base import show_count
from sessions_app.admin.permissions import PermissionFieldMixin
from sessions_app.models import AccessToken, Share
from sessions_app.operations.accounts.tokens import list_revocable_tokens
from sessions_app.operations.search import index_owner_again

admin.site.unregister(User)
admin.site.unregister(Group)

OWNER_NAMES = {"username", "first_name", "last_name"}
"""Fields by which the search finds a user's sessions."""
ACCESS_PAGE = "admin:auth_user_access"


@admin.register(User)
class PortalUserAdmin(PermissionFieldMixin, UserAdmin[User]):
    """Users; those who leave are made inactive instead of deleted.

    Their sessions and links remain.
    """

    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    date_hierarchy = "date_joined"
    readonly_fields = ("last_login", "date_joined", "tokens_and_links")
    change_password_form = OperatorPasswordForm
    actions = ("deactivate",)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002 (signature of Django)
        return False

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return (
            fieldsets if obj is None else [*fieldsets, (gettext("Access"), {"fields": ("tokens_and_links",)})]
        )

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<path:object_id>/access/", self.admin_site.admin_view(self.access), name="auth_user_access"
        )
        return [page, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001 (signature of Django)
        super().save_model(request, obj, form, change)
        if not OWNER_NAMES.isdisjoint(form.changed_data):
            index_owner_again(obj.pk)

    @admin.display(description=gettext_lazy("tokens and links"))
    def tokens_and_links(self, user: User) -> str | SafeString:
        tokens, shares = _count_access(user)
        address = reverse(ACCESS_PAGE, args=[user.pk])
        return format_html(gettext('<a href="{}">Access tokens: {}, links: {}</a>'), address, tokens, shares)

    @admin.action(permissions=["change"], description=gettext_lazy("Deactivate"))
    def deactivate(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        """Deactivate users, and name their tokens and links."""
        users = [user for user in rows.filter(is_active=True) if user != request.user]
        for user in users:
            user.is_active = False
            user.save(update_fields=["is_active"])
            self.log_change(request, user, [{"changed": {"fields": ["Active"]}}])
            _warn_about_access(request, user)
        show_count(request, gettext("Deactivated: %(count)s.") % {"count": len(users)}, len(users))

    def response_change(self, request: HttpRequest, obj: User) -> HttpResponse:
        response = super().response_change(request, obj)
        if not obj.is_active:
            _warn_about_access(request, obj)
        return response

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 (signature of Django)
        response = super().user_change_password(request, id, form_url)
        user = self.get_object(request, unquote(id))
        if request.method == "POST" and response.status_code == HTTPStatus.FOUND and user is not None:
            _warn_about_access(request, user)
        return response

    def access(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """List a user's usable tokens and links; on POST, revoke the selected ones."""
        user = self.get_object(request, unquote(object_id))
        if user is None:
            raise Http404
        if not self.has_view_or_change_permission(request, user):
            raise PermissionDenied
        if request.method == "POST":
            _revoke(request, user)
            return redirect(ACCESS_PAGE, user.pk)
        groups = _list_access(request, user)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Access of %(name)s") % {"name": Truncator(user.get_username()).chars(30)},
            "opts": self.opts,
            "original": user,
            "groups": groups,
            "can_revoke": any(group.can_revoke and group.rows for group in groups),
        }
        return render(request, "admin/auth/user/access.html", context)


@admin.register(Group)
class PortalGroupAdmin(PermissionFieldMixin, GroupAdmin):  # type: ignore[misc]  # the stubs of its bases differ
    """Groups of users, with permissions in the language of the page."""


def _tokens_of(user: User) -> list[AccessToken]:
    return list_revocable_tokens(user, now=timezone.now())


def _shares_of(user: User) -> QuerySet[Share]:
    shares = visible_to(user, usable_shares(now=timezone.now()))
    return shares.select_related("export__version__session").order_by("-pk")


@dataclass(frozen=True, kw_only=True)
class AccessGroup:
    """The user's tokens or links, for a table."""

    title: str
    field: str
    """Name of the check boxes."""
    columns: tuple[str, ...]
    rows: Sequence[tuple[UUID, tuple[object, ...]]]
    """Code and cells of each."""
    can_revoke: bool


def _list_access(request: HttpRequest, user: User) -> list[AccessGroup]:
    """Return what the operator may inspect of the user's access."""
    groups = []
    if can_inspect(request.user, AccessToken):
        tokens = AccessGroup(
            title=gettext("Access tokens"),
            field="token",
            columns=(gettext("Name"), gettext("Scope"), gettext("Expires"), gettext("Last used")),
            rows=[
                (
                    token.code,
                    (
                        str(token),
                        token.get_scope_display(),
                        token.expires_at or gettext("Never"),
                        token.last_used_at or pgettext("use", "Never"),
                    ),
                )
                for token in _tokens_of(user)
            ],
            can_revoke=can_clean_up(request.user, AccessToken),
        )
        groups.append(tokens)
    if can_inspect(request.user, Share):
        links = AccessGroup(
            title=gettext("Links"),
            field="share",
            columns=(
                gettext("Export"),
                gettext("Session"),
                gettext("Note"),
                gettext("Expires"),
                gettext("Downloads"),
            ),
            rows=[
                (
                    share.code,
                    (
                        *(share.export.filename, share.export.version.session.name, share.note or "-"),
                        *(share.expires_at, share.download_count),
                    ),
                )
                for share in _shares_of(user)
            ],
            can_revoke=can_clean_up(request.user, Share),
        )
        groups.append(links)
    return groups


def _count_access(user: User) -> tuple[int, int]:
    return len(_tokens_of(user)), _shares_of(user).count()


def _revoke(request: HttpRequest, user: User) -> None:
    """Revoke the submitted tokens and links, as far as they are the user's."""
    now = timezone.now()
    count = 0
    if can_clean_up(request.user, AccessToken):
        codes = set(request.POST.getlist("token"))
        count += sum(token.revoke(now=now) for token in _tokens_of(user) if str(token.code) in codes)
    if can_clean_up(request.user, Share):
        codes = set(request.POST.getlist("share"))
        count += sum(share.revoke(now=now) for share in _shares_of(user) if str(share.code) in codes)
    show_count(request, gettext("Revoked: %(count)s.") % {"count": count}, count)


def _warn_about_access(request: HttpRequest, user: User) -> None:
    """Name the user's tokens and links, after a deactivation or a new password."""
    tokens, shares = _count_access(user)
    if not tokens and not shares:
        return
    remaining = [
        text % {"count": count}
        for text, count in (
            (ngettext("%(count)s access token", "%(count)s access tokens", tokens), tokens),
            (ngettext("%(count)s link", "%(count)s links", shares), shares),
        )
        if count
    ]
    if user.is_active:
        text = gettext(
            'The account “{}” still has {}, which work as before. <a href="{}">Show and revoke them</a>'
        )
    else:
        text = gettext(
            'The account “{}” is inactive, but still has {}. Links work now, access tokens again if it is activated. <a href="{}">Show'
            " and revoke them</a>"
        )
    address = reverse(ACCESS_PAGE, args=[user.pk])
    messages.warning(request, format_html(text, user.get_username(), ", ".join(remaining), address))
