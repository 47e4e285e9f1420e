from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

admin.site.unregister(User)


@admin.register(User)
class PortalUserAdmin(UserAdmin[User]):
    """Users; those who leave are made inactive instead of deleted.

    Their sessions and links remain.
    """

    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    date_hierarchy = "date_joined"

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002 (signature of Django)
        return False
