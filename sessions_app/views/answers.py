"""How pages and scripts hear of what operations refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from sessions_app.blobs.store import StoreError
from sessions_app.operations.errors import BadInputError, BusyError, ConflictError, OperationError

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request whose user is known: what login_required leaves through."""

    user: User


View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]


def status_of(error: OperationError) -> HTTPStatus:
    match error:
        case BadInputError():
            return HTTPStatus.BAD_REQUEST
        case BusyError():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            return HTTPStatus.CONFLICT


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
        except OperationError as error:
            return refusal(error.code, error.message, status_of(error))
        except StoreError as error:
            return refusal("storage", str(error), HTTPStatus.SERVICE_UNAVAILABLE)

    return answer


def page_view(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Answer a person who is signed in."""
    return login_required(view)  # type: ignore[return-value]  # its user is known then


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
    except (ValueError, RecursionError):
        raise BadInputError("The request is not valid JSON.", code="bad_json") from None
    if not isinstance(value, dict):
        raise BadInputError("The request must be a JSON object.", code="bad_json")
    return value


def text_in(body: dict[str, Any], key: str, *, default: str | None = None) -> str:
    value = body.get(key, default)
    if not isinstance(value, str) or "\0" in value:
        raise BadInputError(f"“{key}” must be text.", code="bad_field")
    return value


def texts_in(body: dict[str, Any], key: str) -> list[str]:
    value = body.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadInputError(f"“{key}” must be a list of texts.", code="bad_field")
    return value


def number_in(body: dict[str, Any], key: str) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInputError(f"“{key}” must be a whole number.", code="bad_field")
    return value
