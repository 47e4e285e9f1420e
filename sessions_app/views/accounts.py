"""Pages of django-allauth, extended: refusals, known devices, revoked tokens."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account import views
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, gettext

from sessions_app import queue
from sessions_app.account_forms import RevokeTokensMixin
from sessions_app.http.addresses import client_network
from sessions_app.http.devices import find_device, remember_device
from sessions_app.operations.accounts.password_reset import record_reset_request
from sessions_app.operations.errors import ThrottledError


class SignInView(views.LoginView):  # type: ignore[misc]  # allauth has no types
    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        for error in form.errors.as_data().get("__all__", ()):
            if error.code == ThrottledError.code:
                response.status_code = HTTPStatus.TOO_MANY_REQUESTS
                response["Retry-After"] = str(error.params["seconds"])
        return response


class PasswordResetView(views.PasswordResetView):  # type: ignore[misc]  # see above
    def form_valid(self, form: Any) -> HttpResponse:
        """Request the mail from the worker: with and without an account the same steps."""
        device = find_device(self.request)
        source = f"address {client_network(self.request)}" if device is None else f"device {device.id}"
        try:
            record_reset_request(source=source, now=timezone.now())
        except ThrottledError as error:
            form.add_error(None, error.message)
            return self._refuse(form, HTTPStatus.TOO_MANY_REQUESTS, seconds=error.seconds)
        if not queue.send_mail_task(
            queue.SEND_PASSWORD_RESET, email=form.cleaned_data["email"], language=get_language() or ""
        ):
            form.add_error(None, gettext("No mail can be sent at the moment. Try again in a minute."))
            return self._refuse(form, HTTPStatus.SERVICE_UNAVAILABLE, seconds=60)
        return redirect(self.get_success_url())

    def _refuse(self, form: Any, status: HTTPStatus, *, seconds: int) -> HttpResponse:
        response: HttpResponse = self.form_invalid(form)
        response.status_code = status
        response["Retry-After"] = str(seconds)
        return response


class PasswordResetFromKeyView(views.PasswordResetFromKeyView):  # type: ignore[misc]  # see above
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _report_revoked_tokens(self.request, form)
        remember_device(self.request, response, self.reset_user)
        return response


class PasswordChangeView(views.PasswordChangeView):  # type: ignore[misc]  # see above
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _report_revoked_tokens(self.request, form)
        return response


class PasswordSetView(views.PasswordSetView):  # type: ignore[misc]  # see above
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _report_revoked_tokens(self.request, form)
        return response


def _report_revoked_tokens(request: HttpRequest, form: RevokeTokensMixin) -> None:
    if count := form.revoke_tokens():
        messages.success(request, gettext("Access tokens revoked: %(count)s.") % {"count": count})
