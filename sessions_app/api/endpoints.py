"""How operations are declared: who may call them, and every answer that they can give."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from sessions_app.api.auth import READS, WRITES
from sessions_app.api.problems import Problem
from sessions_app.api.rates import PerCaller

COMMON = (400, 401, 403, 422, 429, 503)
"""What anybody may hear from any operation: unusable, signed out, not allowed, malformed, too often, storage away."""
WITH_BODY = (413, 415)

IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Made up by you. The same request with the same key within 24 hours is done once and answered alike.",
}
OCTETS = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}


def reads(
    answer: Any,
    *,
    status: int = 200,
    problems: tuple[int, ...] = (404,),
    counted: bool = True,
    **said: Any,
) -> dict[str, Any]:
    """Declare an operation for which a token that may read is enough."""
    return _declared(answer, status, READS, problems, counted=counted, **said)


def writes(
    answer: Any,
    *,
    status: int = 200,
    problems: tuple[int, ...] = (404, 409),
    counted: bool = True,
    idempotent: bool = False,
    **said: Any,
) -> dict[str, Any]:
    """Declare an operation that changes something.

    :param idempotent: it takes an Idempotency-Key; see `api.idempotency`.
    """
    declared = _declared(answer, status, WRITES, problems, counted=counted, **said)
    if idempotent:
        declared.setdefault("openapi_extra", {})["parameters"] = [IDEMPOTENCY]
    return declared


def _declared(
    answer: Any, status: int, auth: list[Any], problems: tuple[int, ...], *, counted: bool, **said: Any
) -> dict[str, Any]:
    told: dict[int, Any] = {status: answer}
    told |= dict.fromkeys(sorted({*COMMON, *WITH_BODY, *problems}), Problem)
    return {"auth": auth, "throttle": [PerCaller()] if counted else [], "response": told, **said}


def sends(content: dict[str, Any], *, ranges: bool = True) -> dict[str, Any]:
    """Describe an answer that is bytes, for ``openapi_extra``."""
    answers: dict[int, Any] = {200: {"description": "The bytes", "content": content}}
    if ranges:
        answers[206] = {"description": HTTPStatus.PARTIAL_CONTENT.phrase, "content": content}
        answers[304] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
        answers[416] = {"description": HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE.phrase}
    return {"responses": answers}
