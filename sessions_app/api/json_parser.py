"""Parser of requests: strict JSON, and only text that a database can store."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from dubbing_core import strict_json
from dubbing_core.strict_json import UNSTORABLE, JsonError
from sessions_app.api.problems import ProblemError, invalid_field


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        require_content_type(request, "application/json")
        try:
            return strict_json.parse_json(request.body)
        except JsonError as error:
            raise ProblemError(HTTPStatus.BAD_REQUEST, "bad_json", f"The request {error}.") from None

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        for key in data:
            if any(UNSTORABLE.search(value) for value in data.getlist(key)):
                raise invalid_field(f"query.{key}", "contains characters that are not valid text")
        return super().parse_querydict(data, list_fields, request)


def require_content_type(request: HttpRequest, expected: str) -> None:
    """Reject a body of another media type; a missing Content-Type is accepted.

    :raises ProblemError: 415.
    """
    content_type = (request.content_type or expected).strip().lower()
    if content_type != expected:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "bad_content_type",
            f"Send the body as {expected}, not as {content_type}.",
        )
