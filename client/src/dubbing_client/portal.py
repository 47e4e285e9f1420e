"""A portal as one person sees it: makes any call of its API, again if need be, and reads the answer."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from dubbing_client import __version__
from dubbing_client.connections import TIMEOUT
from dubbing_client.errors import ConfigError, UnreachableError, UsageError, problem_of
from dubbing_client.retries import Retries, attempt, retry_after
from dubbing_client.transport import REDIRECTS, Response, Transport

PREFIX = "/api/v1"
AGENT = f"dubs/{__version__}"

Query = Mapping[str, str | int | bool | Sequence[str] | None]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """With names in lower case."""
    body: bytes

    @property
    def data(self) -> Any:
        """What the body says.

        :raises UnreachableError: it is no JSON: something else than the portal answered.
        """
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            raise UnreachableError(
                "Something answered that is no portal. Check the address that you signed in at."
            ) from None


class Portal:
    """Any number of threads may share it.

    Calls that fail for the moment (no connection, 429, 5xx) are made again. What stays refused is a `Problem`; a portal that stays
    away is an `UnreachableError`.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        retries: Retries | None = None,
        timeout: float = TIMEOUT,
        on_trouble: Callable[[str], object] | None = None,
    ) -> None:
        self.url = clean_url(url)
        self.token = token
        self.retries = retries or Retries()
        self.timeout = timeout
        self.on_trouble = on_trouble
        """Told, from any thread, that something is being tried again."""
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
        retries: Retries | None = None,
    ) -> Answer:
        """Make one call below ``/api/v1``, again if need be.

        :param key: sent as Idempotency-Key; needed where a second time would have a second effect.
        """
        sent = {**self.authorization, "User-Agent": AGENT, "Accept": "application/json", **(headers or {})}
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            sent["Content-Type"] = "application/json"
        if key is not None:
            sent["Idempotency-Key"] = key
        asked = urlencode(_given(query), doseq=True)
        address = self.url + PREFIX + path + (f"?{asked}" if asked else "")

        def once() -> Answer:
            return _answer(self._transport.request(method, address, headers=sent, body=content))

        return attempt(once, retries=retries or self.retries, on_trouble=self.on_trouble)

    def pages(self, path: str, query: Query) -> Iterator[Any]:
        """Walk through a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.call("GET", path, query={"limit": 200, **query, "cursor": cursor}).data
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return


def _answer(reply: Response) -> Answer:
    if reply.status in REDIRECTS:
        target = urlsplit(reply.headers.get("location", ""))
        raise ConfigError(f"The portal is at {target.scheme}://{target.netloc} now: sign in there.")
    if reply.status < HTTPStatus.BAD_REQUEST:
        return Answer(status=reply.status, headers=reply.headers, body=reply.body)
    document: object = None
    with contextlib.suppress(ValueError):
        document = json.loads(reply.body)
    problem = problem_of(
        reply.status,
        document,
        reason=reply.reason,
        retry_after=retry_after(reply.headers.get("retry-after")),
    )
    if problem.code == "idempotency_in_progress":
        raise UnreachableError("The portal is still busy with this request.") from problem
    raise problem


def clean_url(url: str) -> str:
    """Bring a portal's address into its one form: scheme and host, and the path where it lives below one.

    :raises UsageError: it is none.
    """
    text = url.strip()
    if text and "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise _no_address(url) from error
    if not is_address or parts.query or parts.fragment or parts.username:
        raise _no_address(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _no_address(url: str) -> UsageError:
    return UsageError(f"“{url}” is no address of a portal. Give one such as https://dubbing.example.com")


def _given(query: Query | None) -> dict[str, Any]:
    return {
        name: ("true" if value else "false") if isinstance(value, bool) else value
        for name, value in (query or {}).items()
        if value is not None
    }
