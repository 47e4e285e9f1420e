"""Error responses of the API: problem details (RFC 9457) with a stable code."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext
from pydantic import BaseModel, ConfigDict

from dubbing_core.paths import escape_unprintable

CONTENT_TYPE = "application/problem+json"
MAX_CONFLICT_PATHS = 100
RETRY_AFTER_SECONDS = 2
"""Value of Retry-After while the storage or another request is busy."""


class FieldError(BaseModel):
    field: str
    """Location in the request, such as `body.uploads.0.size`."""
    message: str


class IncompleteUpload(BaseModel):
    upload: str
    missing: list[int]
    """Numbers of the parts to send (again)."""


class Problem(BaseModel):
    """An error (RFC 9457). `code` is for programs, `detail` for people."""

    model_config = ConfigDict(json_schema_extra={"required": ["type", "title", "status", "detail", "code"]})

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    current: int | None = None
    """With `conflict`: the number of the current version."""
    paths: list[str] | None = None
    """With `conflict`: files that both sides changed, 100 at most."""
    undone: list[str] | None = None
    """With `conflict`: files that a save on top would put back to their state before the current version, 100 at most."""
    retained: list[str] | None = None
    """With `conflict`: files that the save contains unchanged and the current version changed, 100 at most. A save on top with
    `base` leaves them out."""
    errors: list[FieldError] | None = None
    """With `bad_request`: the invalid fields."""
    needed: int | None = None
    """With `over_quota` and `disk_full`: bytes that do not fit."""
    free: int | None = None
    """With `disk_full`: bytes that are available."""
    used: int | None = None
    """With `over_quota`: bytes in use."""
    limit: int | None = None
    """With `over_quota`: bytes that the user may store."""
    page: str | None = None
    """With `over_quota` and `disk_full`: path of the portal's page on which the user can free space."""
    incomplete: list[IncompleteUpload] | None = None
    """With `upload_incomplete`: the missing parts of each upload."""


class ProblemError(Exception):
    """An error response, raised from anywhere below an endpoint."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        **extras: Any,
    ) -> None:
        self.detail = escape_unprintable(detail)
        super().__init__(self.detail)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.extras = extras

    def response(self) -> HttpResponse:
        problem = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": self.code,
            **self.extras,
        }
        return HttpResponse(
            json.dumps(problem), content_type=CONTENT_TYPE, status=self.status, headers=self.headers
        )


def not_found(detail: str = "") -> ProblemError:
    detail = detail or gettext("Not found. It may have been deleted, or you may not have access.")
    return ProblemError(HTTPStatus.NOT_FOUND, "not_found", detail)


def invalid_field(field: str, message: str) -> ProblemError:
    return invalid_fields([{"field": field, "message": message}])


def invalid_fields(errors: list[dict[str, str]]) -> ProblemError:
    first = errors[0]
    more = gettext("There are %(count)s more errors.") % {"count": len(errors) - 1}
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_request",
        f"{first['field']}: {first['message']}.{f' {more}' if len(errors) > 1 else ''}",
        errors=errors,
    )
