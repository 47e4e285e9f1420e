from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from sessions_app.http.addresses import client_address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts as the operator wants them: closed to strangers unless a setting opens registration."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (allauth passes it)
        return bool(settings.REGISTRATION_OPEN)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address by which failed sign-ins are counted."""
        return client_address(request)
