"""Calls of the portal's REST API: authorization, retries, errors, pagination."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from dubbing_client.connections import TIMEOUT
from dubbing_client.errors import ConfigError, TransferError, UnreachableError, UsageError, problem_of
from dubbing_client.retries import Retries, attempt, parse_retry_after
from dubbing_client.transport import REDIRECTS, Response, Transport
from dubbing_client.version import __version__

PREFIX = "/api/v1"
USER_AGENT = f"dubs/{__version__}"
PAGE_SIZE = 200
MAX_PAGES = 10_000
WAIT_FOR_JOB = {"Prefer": "wait=1"}
"""Let the portal respond when the job has ended, or after a second, in which its progress may have changed."""

Query = Mapping[str, str | int | bool | Sequence[str] | None]


@dataclass(frozen=True)
class ApiResponse:
    status: int
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes

    @property
    def data(self) -> Any:
        """The decoded body.

        :raises UnreachableError: it is not JSON, so the server is not a portal.
        """
        try:
            return json.loads(self.body) if self.body else None
        except (ValueError, RecursionError):
            raise UnreachableError(
                "The response is not from a portal. Check the address that you signed in to."
            ) from None


class RestClient:
    """A portal as one user. Safe for any number of threads.

    Calls that may succeed later (no connection, 429, 5xx) are repeated. Other error responses raise a `Problem`; a portal that
    does not respond raises an `UnreachableError`.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        retries: Retries | None = None,
        timeout: float = TIMEOUT,
        on_retry: Callable[[str], object] | None = None,
    ) -> None:
        self.url = normalized_url(url)
        self.token = token
        self.retries = retries or Retries()
        self.timeout = timeout
        self.on_retry = on_retry
        """Called with a sentence, from any thread, when calls fail repeatedly."""
        self._transport = Transport(timeout=timeout)

    def close(self) -> None:
        self._transport.close()

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> ApiResponse:
        """Make one call below ``/api/v1``, repeated as needed.

        :param key: the Idempotency-Key; required where a second call would have a second effect.
        """
        sent = {
            **self.authorization,
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            **(headers or {}),
        }
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            sent["Content-Type"] = "application/json"
        if key is not None:
            sent["Idempotency-Key"] = key
        encoded = urlencode(_encodable(query), doseq=True)
        url = self.url + PREFIX + path + (f"?{encoded}" if encoded else "")

        def call_once() -> ApiResponse:
            return self._checked(self._transport.request(method, url, headers=sent, body=content))

        return attempt(call_once, retries=self.retries, on_retry=self.on_retry)

    def _checked(self, response: Response) -> ApiResponse:
        if response.status in REDIRECTS:
            target = urlsplit(response.headers.get("location", ""))
            raise ConfigError(f"The portal has moved to {target.scheme}://{target.netloc}: sign in there.")
        if response.status < HTTPStatus.BAD_REQUEST:
            return ApiResponse(status=response.status, headers=response.headers, body=response.body)
        document: object = None
        with contextlib.suppress(ValueError, RecursionError):
            document = json.loads(response.body)
        problem = problem_of(
            response.status,
            document,
            reason=response.reason,
            retry_after=parse_retry_after(response.headers.get("retry-after")),
        )
        if problem.code == f"http_{HTTPStatus.NOT_FOUND.value}":
            raise ConfigError(self._not_a_portal())
        if problem.code == "idempotency_in_progress":
            raise UnreachableError("The portal is still processing this request.") from problem
        raise problem

    def _not_a_portal(self) -> str:
        return (
            f"There is no portal at {self.url}. Check DUBS_URL, or sign in with the address that the portal's pages have "
            "in the browser, without what follows its name: dubs login https://dubbing.example.com"
        )

    def pages(self, path: str, query: Query) -> Iterator[Any]:
        """Iterate over a list's items, page by page."""
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = self.call("GET", path, query={"limit": PAGE_SIZE, **query, "cursor": cursor}).data
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return
        raise TransferError(f"The portal sent a list of more than {MAX_PAGES * PAGE_SIZE:,} items.")


def normalized_url(url: str) -> str:
    """Return a portal's address in its canonical form, without a trailing slash.

    :raises UsageError: it is not an HTTP address.
    """
    text = url.strip()
    if text and "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise _invalid_url(url) from error
    if not is_address or parts.query or parts.fragment or parts.username:
        raise _invalid_url(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _invalid_url(url: str) -> UsageError:
    return UsageError(f"“{url}” is not the address of a portal. Give one such as https://dubbing.example.com")


def _encodable(query: Query | None) -> dict[str, Any]:
    return {
        name: ("true" if value else "false") if isinstance(value, bool) else value
        for name, value in (query or {}).items()
        if value is not None
    }


def new_key() -> str:
    """Return a random Idempotency-Key."""
    return os.urandom(16).hex()
