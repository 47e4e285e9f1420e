"""Adapter of django-allauth: sign-up, throttles of sign-in, links in mail."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailConfirmation
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from sessions_app import queue
from sessions_app.http.addresses import client_address, client_network
from sessions_app.http.devices import find_device, remember_device
from sessions_app.http.languages import set_language_cookie
from sessions_app.operations.accounts.languages import find_language, in_language_of
from sessions_app.operations.accounts.sign_in import has_login, record_sign_in_attempt
from sessions_app.operations.accounts.throttles import forget_hits
from sessions_app.operations.errors import ThrottledError, format_seconds
from sessions_app.translation import localize


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (signature of the base class)
        return bool(settings.REGISTRATION_OPEN)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address for allauth's own limits, such as that of sign-up."""
        return client_address(request)

    # ---- Sign-in

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return the user if the password is correct.

        :raises ValidationError: there were too many failed attempts.
        """
        attempt = _record_hit(request, credentials.get("email") or credentials.get("username") or "")
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            forget_hits(attempt)
        return user

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **options: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().post_login(request, user, **options)
        remember_device(request, response, user)
        if language := find_language(user):
            set_language_cookie(response, language)
        return response

    # ---- Links: the Host header is the sender's choice

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return _link_to(path.replace("UID-KEY", quote(key)))

    def get_email_confirmation_url(
        self,
        request: HttpRequest | None,  # noqa: ARG002 (signature of the base class)
        emailconfirmation: EmailConfirmation,
    ) -> str:
        return _link_to(reverse("account_confirm_email", args=[emailconfirmation.key]))

    def send_account_already_exists_mail(self, email: str) -> None:
        context = {"password_reset_url": _link_to(reverse("account_reset_password"))}
        self.send_mail("account/email/account_already_exists", email, context)

    # ---- Delivery

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Let the worker send a mail: no request waits for the mail server."""
        message = self._render(template_prefix, email, context)
        queue.send_mail_task(
            queue.SEND_MAIL, recipient=email, subject=str(message.subject), body=str(message.body)
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Let the worker send the user a notice of a changed password or address."""
        context = {"username": user.get_username(), **(context or {})}
        with in_language_of(user):
            super().send_notification_mail(template_prefix, user, context, email)

    def send_password_reset_mail(
        self,
        user: AbstractBaseUser,
        email: str,
        context: dict[str, Any],
    ) -> None:
        """Send the mail at once: the worker calls this."""
        with in_language_of(user):
            message = self._render("account/email/password_reset_key", email, context)
        message.send()

    def _render(self, template_prefix: str, email: str, context: dict[str, Any]) -> EmailMessage:
        site = SimpleNamespace(name="Dubbing Sessions", domain=urlsplit(settings.SITE_URL).netloc)
        message: EmailMessage = self.render_mail(
            template_prefix,
            email,
            {"email": email, "current_site": site, "site_url": settings.SITE_URL, **context},
        )
        return message


def _record_hit(request: HttpRequest, login: str) -> list[int]:
    device = find_device(request)
    is_known = device is not None and has_login(login, device.user_ids)
    try:
        return record_sign_in_attempt(
            login=login,
            address=client_network(request),
            device=device.id if device is not None and is_known else None,
            now=timezone.now(),
        )
    except ThrottledError as error:
        text = gettext("Too many failed attempts to sign in. Try again in %(time)s.")
        if not is_known:
            text = gettext(
                "Too many failed attempts to sign in. Try again in %(time)s, or reset your password by e-mail to"
                " sign in at once."
            )
        raise ValidationError(
            text,
            code=error.code,
            params={"seconds": error.seconds, "time": localize(format_seconds(error.seconds))},
        ) from error


def _link_to(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
