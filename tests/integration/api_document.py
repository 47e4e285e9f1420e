"""The API's OpenAPI document, and whether it describes a response."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs
from django.test import Client


@cache
def get_document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Client().get("/api/v1/openapi.json").content)
    return document


@cache
def get_responses(operation: str) -> dict[str, Any]:
    """Return status -> response of the operation with this ID."""
    (responses,) = (
        described["responses"]
        for path in get_document()["paths"].values()
        for described in path.values()
        if isinstance(described, dict) and described.get("operationId") == operation
    )
    return {status: _resolve(response) for status, response in responses.items()}


def _resolve(described: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in described:
        return described
    found = get_document()
    for name in described["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def check_response(operation: str, response: Any, body: str) -> None:
    """Fail if the document does not describe the response: status, type, and the form of its JSON."""
    responses = get_responses(operation)
    assert str(response.status_code) in responses, f"{operation} does not describe {response.status_code}"
    kinds = responses[str(response.status_code)].get("content", {})
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    assert kind in kinds or (not kinds and not body), f"{operation} does not describe {kind}"
    if kind in kinds and kind.endswith("json"):
        schema = {**kinds[kind]["schema"], "components": get_document()["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(json.loads(body))
