"""Errors as the API tells them: problem details (RFC 9457) with a stable code and a sentence."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from pydantic import BaseModel, ConfigDict

CONTENT_TYPE = "application/problem+json"
BUSY_SECONDS = 2
"""When something that is busy is worth asking again."""


class FieldError(BaseModel):
    field: str
    """Where in the request, such as `body.uploads.0.size`."""
    message: str


class Incomplete(BaseModel):
    upload: str
    missing: list[int]
    """Numbers of the parts to send (again)."""


class Problem(BaseModel):
    """What went wrong (RFC 9457). Programs look at `code`, people read `detail`."""

    model_config = ConfigDict(json_schema_extra={"required": ["type", "title", "status", "detail", "code"]})

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    current: int | None = None
    """With `conflict`: the number of the version that is current instead."""
    errors: list[FieldError] | None = None
    """With `bad_request`: what is wrong with which field."""
    incomplete: list[Incomplete] | None = None
    """With `upload_incomplete`: which parts are missing."""


class Refused(Exception):  # noqa: N818 (an answer, not an error of ours)
    """Ends a request with a problem."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        **extras: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.extras = extras

    def answer(self) -> HttpResponse:
        told = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": self.code,
            **self.extras,
        }
        return HttpResponse(
            json.dumps(told), content_type=CONTENT_TYPE, status=self.status, headers=self.headers
        )


def not_found(detail: str = "There is no such thing, or it is not yours.") -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, "not_found", detail)


def bad_request(field: str, message: str) -> Refused:
    return bad_fields([{"field": field, "message": message}])


def bad_fields(errors: list[dict[str, str]]) -> Refused:
    first = errors[0]
    more = f" {len(errors) - 1} more like this." if len(errors) > 1 else ""
    return Refused(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_request",
        f"{first['field']}: {first['message']}.{more}",
        errors=errors,
    )
