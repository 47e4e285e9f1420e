"""Sign-up rules and client addresses for django-allauth."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from sessions_app.http.addresses import client_address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Adapter that closes sign-up unless a setting opens it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (signature of the base class)
        return bool(settings.REGISTRATION_OPEN)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address by which failed sign-ins are counted."""
        return client_address(request)
