"""Headers that keep private pages and secret addresses out of caches and logs."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

NOT_STORED = "private, no-store"
SECRET_PATHS = ("/s/", "/accounts/")
"""Paths whose address can contain a secret: a share link, one in a mail, or a share link to return to after signing in."""
ORIGIN_ONLY = "strict-origin"
"""With `no-referrer` browsers would send "Origin: null" with forms, which the CSRF check refuses."""


def set_privacy_headers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return a middleware that sets Cache-Control and Referrer-Policy.

    What a signed-in user receives is not stored: after signing out, the next user of the computer cannot go back to it.
    Views that state their own Cache-Control keep it: downloads are validated before each use.

    A secret address is sent to no host, not even to the portal itself: access logs of proxies contain the Referer.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not response.has_header("Cache-Control") and request.user.is_authenticated:
            response["Cache-Control"] = NOT_STORED
        if request.path_info.startswith(SECRET_PATHS):
            response["Referrer-Policy"] = ORIGIN_ONLY
        return response

    return middleware
