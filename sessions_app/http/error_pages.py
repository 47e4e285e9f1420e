"""Pages of errors, rendered without the user: they may be caused by the database."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string

from sessions_app.translation import localize


def temporary_error_page(
    request: HttpRequest, status: HTTPStatus, message: str, *, retry_after: int
) -> HttpResponse:
    """Return the page for a request that may succeed later.

    :param status: 429 or 503.
    :param retry_after: in seconds.
    """
    # A link cannot repeat the request of a form.
    context = {"message": localize(message), "can_retry": request.method in {"GET", "HEAD"}}
    return HttpResponse(
        render_to_string(f"{status.value}.html", context),
        status=status,
        headers={"Retry-After": str(retry_after), "Cache-Control": "no-store"},
    )


def explain_refused_methods(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return a middleware that shows a page to those who open the address of a form."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if (
            isinstance(response, HttpResponseNotAllowed)
            and request.method in {"GET", "HEAD"}
            and not response.content
        ):
            response.content = render_to_string("405.html").encode()
        return response

    return middleware
