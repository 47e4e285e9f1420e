"""Declarations of endpoints: authentication, rate limit, documented responses."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from sessions_app.api.auth import READ_AUTH, WRITE_AUTH
from sessions_app.api.job_waits import PREFER
from sessions_app.api.problems import Problem
from sessions_app.api.rates import CallerThrottle

COMMON_ERRORS = (400, 401, 403, 422, 429, 503)
"""Error statuses that every endpoint may return."""
BODY_ERRORS = (413, 415)

IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": (
        "Chosen by the caller. The same request with the same key within 24 hours is performed once; repetitions"
        " get the response of the first."
    ),
}
OCTETS = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}


def read_endpoint(
    response: Any,
    *,
    status: int = 200,
    errors: tuple[int, ...] = (404,),
    is_rate_limited: bool = True,
    **options: Any,
) -> dict[str, Any]:
    """Declare an endpoint that accepts a token of scope `read`.

    :param options: further options of a Ninja operation, such as ``operation_id``.
    """
    return _endpoint(response, status, READ_AUTH, errors, is_rate_limited=is_rate_limited, **options)


def write_endpoint(
    response: Any,
    *,
    status: int = 200,
    errors: tuple[int, ...] = (404, 409),
    is_rate_limited: bool = True,
    is_idempotent: bool = False,
    can_wait: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Declare an endpoint that requires a token of scope `write`.

    :param is_idempotent: document the Idempotency-Key that ``api.idempotency`` implements.
    :param can_wait: document that the response can wait for the end of the job, as ``api.job_waits`` implements.
    """
    errors = (*errors, HTTPStatus.INSUFFICIENT_STORAGE.value)
    endpoint = _endpoint(response, status, WRITE_AUTH, errors, is_rate_limited=is_rate_limited, **options)
    parameters = [*([IDEMPOTENCY_KEY] if is_idempotent else []), *([PREFER] if can_wait else [])]
    if parameters:
        endpoint.setdefault("openapi_extra", {})["parameters"] = parameters
    return endpoint


def _endpoint(
    response: Any,
    status: int,
    auth: list[Any],
    errors: tuple[int, ...],
    *,
    is_rate_limited: bool,
    **options: Any,
) -> dict[str, Any]:
    responses: dict[int, Any] = {status: response}
    responses |= dict.fromkeys(sorted({*COMMON_ERRORS, *BODY_ERRORS, *errors}), Problem)
    throttles = [CallerThrottle()] if is_rate_limited else []
    return {"auth": auth, "throttle": throttles, "response": responses, **options}


def binary_responses(content: dict[str, Any], *, ranges: bool = True) -> dict[str, Any]:
    """Describe a response of bytes, for ``openapi_extra``."""
    responses: dict[int, Any] = {200: {"description": "The bytes", "content": content}}
    if ranges:
        responses[206] = {"description": HTTPStatus.PARTIAL_CONTENT.phrase, "content": content}
        responses[304] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
        responses[416] = {"description": HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE.phrase}
    return {"responses": responses}


NOT_MODIFIED_RESPONSE = {"responses": {304: {"description": "Not modified since `If-None-Match`"}}}
