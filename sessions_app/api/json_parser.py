"""What comes in, before it is looked at: JSON that everybody reads alike, texts that a database can keep."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from dubbing_core import strict_json
from dubbing_core.strict_json import UNSTORABLE, JsonError
from sessions_app.api.problems import Refused, bad_request


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        require_type(request, "application/json")
        try:
            return strict_json.parse_json(request.body)
        except JsonError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, "bad_json", f"The request {error}.") from None

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        for key in data:
            if any(UNSTORABLE.search(value) for value in data.getlist(key)):
                raise bad_request(f"query.{key}", "contains characters that are not valid text")
        return super().parse_querydict(data, list_fields, request)


def require_type(request: HttpRequest, wanted: str) -> None:
    """Refuse a body that says to be something else; one that says nothing is taken for what it should be.

    :raises Refused: 415.
    """
    told = (request.content_type or wanted).strip().lower()
    if told != wanted:
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "bad_content_type",
            f"Send the body as {wanted}, not as {told}.",
        )
