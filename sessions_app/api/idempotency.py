"""Support for the Idempotency-Key header in endpoints."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from pydantic import BaseModel

from sessions_app.api.auth import ApiRequest
from sessions_app.api.problems import ProblemError
from sessions_app.operations.idempotency import KeyReusedError, RecordedResponse, run_once

P = ParamSpec("P")

KEY = re.compile("[!-~]{1,255}")
REPLAYED_HEADER = "Idempotent-Replayed"


def idempotent(
    *, status: int, location: Callable[[Any], str] | None = None, redact: dict[str, Any] | None = None
) -> Callable[
    [Callable[Concatenate[ApiRequest, P], BaseModel]], Callable[Concatenate[ApiRequest, P], HttpResponse]
]:
    """Make an endpoint idempotent for requests with an Idempotency-Key.

    :param location: return the URL of the created resource, for the header Location.
    :param redact: secret fields of the response, with their values in replays.
    """

    def decorate(
        endpoint: Callable[Concatenate[ApiRequest, P], BaseModel],
    ) -> Callable[Concatenate[ApiRequest, P], HttpResponse]:
        @wraps(endpoint)
        def wrapper(request: ApiRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            def perform() -> RecordedResponse:
                result = endpoint(request, *args, **kwargs)
                return RecordedResponse(
                    status=status,
                    body=result.model_dump_json(),
                    location=location(result) if location else "",
                    replay_body=result.model_copy(update=redact).model_dump_json() if redact else "",
                )

            key = request.headers.get("Idempotency-Key")
            if key is None:
                return _response(perform())
            try:
                outcome = run_once(
                    owner=request.auth.user,
                    key=_validated(key),
                    fingerprint=_fingerprint(request),
                    act=perform,
                    now=timezone.now(),
                )
            except KeyReusedError as error:
                raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, error.code, error.message) from None
            response = _response(outcome.response)
            if outcome.is_replay:
                response[REPLAYED_HEADER] = "true"
            return response

        # Ninja would resolve the annotations in the globals of this module.
        wrapper.__signature__ = inspect.signature(endpoint, eval_str=True)  # type: ignore[attr-defined]  # read by inspect
        return wrapper

    return decorate


def _response(recorded: RecordedResponse) -> HttpResponse:
    response = HttpResponse(
        recorded.body, content_type="application/json; charset=utf-8", status=recorded.status
    )
    if recorded.location:
        response["Location"] = recorded.location
    return response


def _validated(key: str) -> str:
    if not KEY.fullmatch(key):
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            "bad_idempotency_key",
            gettext("An Idempotency-Key is 1 to 255 visible ASCII characters, such as a UUID."),
        )
    return key


def _fingerprint(request: ApiRequest) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode(errors="surrogatepass"))
    digest.update(request.body)
    return digest.hexdigest()
