"""A person at the portal, as far as HTTP knows: cookies, forms with their tokens, and what a page's script sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

TIMEOUT = 60


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
        answer = self.http.get(self.address + path, headers=headers, timeout=TIMEOUT)
        return _checked(answer, status)

    def submit(
        self, path: str, fields: Mapping[str, str] | None = None, *, status: int = 200
    ) -> requests.Response:
        """Send a form and follow to the page that answers."""
        told = {**(fields or {}), "csrfmiddlewaretoken": self._token()}
        return _checked(self.http.post(self.address + path, data=told, timeout=TIMEOUT), status)

    def post(self, path: str, value: Any, *, status: int) -> Any:
        """Send JSON as a page's script does; return the answer's."""
        headers = {"X-CSRFToken": self._token()}
        answer = self.http.post(self.address + path, json=value, headers=headers, timeout=TIMEOUT)
        return _checked(answer, status).json()

    def put(self, path: str, data: bytes) -> Any:
        headers = {"X-CSRFToken": self._token(), "Content-Type": "application/octet-stream"}
        answer = self.http.put(self.address + path, data=data, headers=headers, timeout=TIMEOUT)
        return _checked(answer, 200).json()

    def _token(self) -> str:
        return self.http.cookies.get("csrftoken") or ""


def _checked(answer: requests.Response, status: int) -> requests.Response:
    assert answer.status_code == status, (
        f"{answer.request.method} {answer.url}: {answer.status_code}\n{answer.text[:2000]}"
    )
    return answer
