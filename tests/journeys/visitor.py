"""HTTP user of the portal: cookies, forms with CSRF tokens, requests of page scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from tests.services.waits import LIMIT


class Visitor:
    def __init__(self, address: str) -> None:
        self.address = address
        self.http = requests.Session()

    def sign_in(self, name: str, password: str) -> None:
        self.get("/accounts/login/")
        page = self.submit("/accounts/login/", {"login": name, "password": password})
        assert "/accounts/login/" not in page.url, page.text

    def get(
        self, path: str, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        response = self.http.get(self.address + path, headers=headers, timeout=LIMIT)
        return _checked(response, status)

    def submit(
        self, path: str, fields: Mapping[str, str] | None = None, *, status: int = 200
    ) -> requests.Response:
        """Submit a form and follow the redirect."""
        data = {**(fields or {}), "csrfmiddlewaretoken": self._token()}
        return _checked(self.http.post(self.address + path, data=data, timeout=LIMIT), status)

    def post(self, path: str, value: Any, *, status: int) -> Any:
        """Send JSON as a page's script does; return the response's JSON."""
        headers = {"X-CSRFToken": self._token()}
        response = self.http.post(self.address + path, json=value, headers=headers, timeout=LIMIT)
        return _checked(response, status).json()

    def put(self, path: str, data: bytes) -> Any:
        headers = {"X-CSRFToken": self._token(), "Content-Type": "application/octet-stream"}
        response = self.http.put(self.address + path, data=data, headers=headers, timeout=LIMIT)
        return _checked(response, 200).json()

    def _token(self) -> str:
        return self.http.cookies.get("csrftoken") or ""


def _checked(response: requests.Response, status: int) -> requests.Response:
    assert response.status_code == status, (
        f"{response.request.method} {response.url}: {response.status_code}\n{response.text[:2000]}"
    )
    return response
