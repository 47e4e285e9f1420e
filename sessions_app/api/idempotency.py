"""Requests with an Idempotency-Key: done once, however often they are sent."""

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
from pydantic import BaseModel

from sessions_app.api.auth import ApiRequest
from sessions_app.api.problems import ProblemError
from sessions_app.operations.idempotency import KeyReusedError, RecordedResponse, run_once

P = ParamSpec("P")

KEY = re.compile("[!-~]{1,255}")
REPLAYED = "Idempotent-Replayed"


def once(
    *, status: int, location: Callable[[Any], str] | None = None, without: dict[str, Any] | None = None
) -> Callable[
    [Callable[Concatenate[ApiRequest, P], BaseModel]], Callable[Concatenate[ApiRequest, P], HttpResponse]
]:
    """Let an operation take a key; without one it is done as always.

    :param location: where what was made can be asked for.
    :param without: fields of the answer that hold a secret, and what replays tell instead.
    """

    def decorate(
        act: Callable[Concatenate[ApiRequest, P], BaseModel],
    ) -> Callable[Concatenate[ApiRequest, P], HttpResponse]:
        @wraps(act)
        def answer(request: ApiRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            def acted() -> RecordedResponse:
                made = act(request, *args, **kwargs)
                return RecordedResponse(
                    status=status,
                    body=made.model_dump_json(),
                    location=location(made) if location else "",
                    replay_body=made.model_copy(update=without).model_dump_json() if without else "",
                )

            key = request.headers.get("Idempotency-Key")
            if key is None:
                return _response(acted())
            try:
                given = run_once(
                    owner=request.auth.user,
                    key=_checked(key),
                    fingerprint=_fingerprint(request),
                    act=acted,
                    now=timezone.now(),
                )
            except KeyReusedError as error:
                raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, error.code, error.message) from None
            response = _response(given.response)
            if given.is_replay:
                response[REPLAYED] = "true"
            return response

        # Ninja reads annotations in the globals of the function it is given, which are this module's.
        answer.__signature__ = inspect.signature(act, eval_str=True)  # type: ignore[attr-defined]
        return answer

    return decorate


def _response(answer: RecordedResponse) -> HttpResponse:
    response = HttpResponse(answer.body, content_type="application/json; charset=utf-8", status=answer.status)
    if answer.location:
        response["Location"] = answer.location
    return response


def _checked(key: str) -> str:
    if not KEY.fullmatch(key):
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            "bad_idempotency_key",
            "An Idempotency-Key is 1 to 255 visible ASCII characters, such as a UUID.",
        )
    return key


def _fingerprint(request: ApiRequest) -> str:
    told = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode(errors="surrogatepass"))
    told.update(request.body)
    return told.hexdigest()
