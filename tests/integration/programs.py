"""Programs that use the API with an access token."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from sessions_app.models import AccessToken
from tests.integration.sketches import bytes_of, sketch_token

ROOT = "/api/v1"


class Program:
    """A program with the token of a user."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)

    @classmethod
    def of(cls, user: User, scope: AccessToken.Scope = AccessToken.Scope.WRITE) -> Program:
        return cls(sketch_token(user, scope=scope).secret)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(ROOT + path, headers=_header_names(headers))

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.call("POST", path, {} if body is None else body, **headers)

    def put(self, path: str, data: bytes) -> Any:
        return self.call("PUT", path, data)

    def delete(self, path: str) -> Any:
        return self.client.delete(ROOT + path)

    def call(self, method: str, path: str, body: object = b"", **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        return self.client.generic(method, ROOT + path, data, kind, headers=_header_names(headers))


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    """Return ``if_match`` as ``if-match``."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def problem_of(response: Any, status: int, code: str) -> dict[str, Any]:
    """Check that the response is this problem, and return it."""
    data = bytes_of(response)
    assert response.status_code == status, data
    assert response["Content-Type"] == "application/problem+json", data
    problem: dict[str, Any] = json.loads(data)
    assert (problem["type"], problem["status"], problem["code"]) == ("about:blank", status, code)
    assert problem["title"]
    assert problem["detail"].endswith((".", "”.")), problem["detail"]
    return problem
