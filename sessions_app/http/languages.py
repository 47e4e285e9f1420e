"""Language of a response: chosen in this browser, or from Accept-Language."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, override


class LanguageMiddleware:
    """Respond in the user's language.

    It reads a cookie instead of the account, so that it needs no query and works without a database. Django's own
    middleware leaves the language active in its thread, which a later request that fails before it would get.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = get_language_from_request(request)
        request.LANGUAGE_CODE = language
        with override(language):
            response = self.get_response(request)
        if response.get("Content-Type", "").startswith(
            ("text/html", "application/json", "application/problem+json")
        ):
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def set_language_cookie(response: HttpResponseBase, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
