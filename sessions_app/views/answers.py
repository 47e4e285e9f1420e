"""How pages and scripts hear of what operations refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    RawPostDataException,
    UnreadablePostError,
)
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.csrf import csrf_failure as csrf_failure_page

from sessions_app.blobs.store import StoreError
from sessions_app.domain.strict_json import UNKEEPABLE
from sessions_app.http.bodies import broken_off
from sessions_app.http.statuses import status_of
from sessions_app.operations.errors import BadInputError, ConflictError, OperationError

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request whose user is known: what login_required leaves through."""

    user: User


View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]


def refusal(code: str, message: str, status: HTTPStatus, **told: object) -> JsonResponse:
    return JsonResponse({"code": code, "message": message, **told}, status=status)


def json_view(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Answer a script: refusals become ``{"code", "message"}`` with the right status; nobody signed in is a 401.

    A conflict also tells the number of the version that is ``current`` instead.
    """

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return refusal(
                "signed_out", "You are signed out. Sign in again, then go on.", HTTPStatus.UNAUTHORIZED
            )
        try:
            return view(cast(SignedInRequest, request), *args, **kwargs)
        except ConflictError as error:
            return refusal(error.code, error.message, status_of(error), current=error.current)
        except Http404:
            return refusal(
                "not_found",
                "There is no such thing any more, or it is not yours. Load the page again.",
                HTTPStatus.NOT_FOUND,
            )
        except OperationError as error:
            return refusal(error.code, error.message, status_of(error))
        except StoreError as error:
            return refusal("storage", str(error), HTTPStatus.SERVICE_UNAVAILABLE)

    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a request without a valid CSRF token, which is what a page sends that stayed open while its user signed in anew."""
    if request.headers.get("Accept") == "application/json" or request.method != "POST":
        return refusal("csrf", "This page is out of date. Load it again, then go on.", HTTPStatus.FORBIDDEN)
    return csrf_failure_page(request, reason)


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


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that a script sent.

    :raises BadInputError: it is none.
    """
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError, RawPostDataException):  # the last: it was a form's files
        raise BadInputError("The request is not valid JSON.", code="bad_json") from None
    except RequestDataTooBig:
        raise BadInputError(
            "The request is too large. Send fewer files at a time.", code="too_large"
        ) from None
    except UnreadablePostError:
        raise broken_off() from None
    if not isinstance(value, dict):
        raise BadInputError("The request must be a JSON object.", code="bad_json")
    return value


def text_in(body: dict[str, Any], key: str, *, default: str | None = None) -> str:
    value = body.get(key, default)
    if not isinstance(value, str):
        raise BadInputError(f"“{key}” must be text.", code="bad_field")
    return _keepable(value, key)


def texts_in(body: dict[str, Any], key: str) -> list[str]:
    return [_keepable(text, key) for text in raw_texts_in(body, key)]


def raw_texts_in(body: dict[str, Any], key: str) -> list[str]:
    """Return texts that may hold what no database can keep."""
    value = body.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadInputError(f"“{key}” must be a list of texts.", code="bad_field")
    return value


def _keepable(text: str, key: str) -> str:
    if UNKEEPABLE.search(text):
        raise BadInputError(f"“{key}” contains characters that are not valid text.", code="bad_field")
    return text


def number_in(body: dict[str, Any], key: str) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInputError(f"“{key}” must be a whole number.", code="bad_field")
    return value
