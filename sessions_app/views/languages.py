"""The choice of a language, in the footer of every page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from sessions_app.http.languages import set_language_cookie
from sessions_app.operations.accounts.languages import LANGUAGES, set_language


@require_POST
def choose(request: HttpRequest) -> HttpResponseBase:
    """Store the language in this browser and in the account, and return to the page."""
    page = request.POST.get("next") or request.headers.get("Referer", "")
    is_own = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    response = redirect(page if is_own else settings.LOGIN_REDIRECT_URL)
    language = request.POST.get("language", "")
    if language in LANGUAGES:
        set_language_cookie(response, language)
        if request.user.is_authenticated:
            set_language(request.user, language)
    return response
