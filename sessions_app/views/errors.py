"""How pages hear of what operations refuse. Scripts hear of it from the API."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from sessions_app.operations.errors import OperationError

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request whose user is known: what login_required leaves through."""

    user: User


View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]


def page_view(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Answer a person who is signed in; others sign in first and come back to the page they were on."""
    signed_in = cast(
        Callable[Concatenate[HttpRequest, P], HttpResponseBase], login_required(view)
    )  # its user is known then

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"} or request.user.is_authenticated:
            return signed_in(request, *args, **kwargs)
        # The address of a form cannot be opened after signing in; the page it was on can.
        return redirect_to_login(_page_before(request))

    return answer


def _page_before(request: HttpRequest) -> str:
    page = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return page
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def told(request: HttpRequest, act: Callable[[], Any], *, done: str = "") -> bool:
    """Run an operation and tell the person how it went; return whether it was done."""
    try:
        act()
    except OperationError as error:
        messages.error(request, error.message)
        return False
    if done:
        messages.success(request, done)
    return True
