"""Login sessions of requests; a script's request ends none."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse


class LoginSessionMiddleware(SessionMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Leave the cookie to the page if a script's request has none that is valid.

        A poll that began before the login got a new key would delete the new cookie, and sign the user out.
        """
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and not cookie.value and _is_of_script(request):
            del response.cookies[settings.SESSION_COOKIE_NAME]
        return response


def _is_of_script(request: HttpRequest) -> bool:
    """Return whether a script sent the request, not a user who opened an address.

    Source: Fetch Metadata Request Headers (W3C).
    """
    return request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
