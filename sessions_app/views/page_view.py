"""Decorator for pages that require a signed-in user."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request of a signed-in user."""

    user: User


SignedInView = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]


def page_view(view: SignedInView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Require a signed-in user; others return to their page after signing in."""
    signed_in_view = cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], login_required(view))

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"} or request.user.is_authenticated:
            return signed_in_view(request, *args, **kwargs)
        # A form's action does not support GET, so return to the page with the form instead.
        return redirect_to_login(_referring_page(request))

    return wrapper


def _referring_page(request: HttpRequest) -> str:
    page = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return page
    return resolve_url(settings.LOGIN_REDIRECT_URL)
