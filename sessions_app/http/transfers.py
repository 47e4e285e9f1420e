"""Transfers: bodies that are sent for as long as the client takes.

Each occupies a thread of the web server. An account or a link may have a limited number, and all together leave threads for
pages. The counts are of this process, like the threads. A transfer holds no database connection.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from dubbing_core.sentences import sentence
from dubbing_sessions.sqlite3.base import DatabaseWrapper
from sessions_app.http.addresses import client_address
from sessions_app.http.error_pages import temporary_error_page
from sessions_app.operations.errors import BusyError

SMALL_BODY = 64 * 1024
"""Bytes of a body that is no transfer: the web server receives it before a thread starts (``dubbing_sessions.web_worker``), and
one that it sends fits into the system's buffers."""
TRANSFER_RETRY_SECONDS = 5


class TooManyTransfersError(BusyError):
    """The account's or link's other transfers must end first."""

    code = "too_many_transfers"


class Transfer:
    """A running transfer, counted under one key at a time."""

    def __init__(self, transfers: Transfers, key: str) -> None:
        self._transfers = transfers
        self.key = key
        self._is_open = True

    def assign(self, key: str, limit: int) -> None:
        """Count it under another key.

        :raises TooManyTransfersError: there are ``limit`` transfers of this key.
        """
        if key != self.key:
            self._transfers.move(self, key, limit)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._transfers.remove(self)


class Transfers:
    """The running transfers of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def open(self, key: str, limit: int) -> Transfer:
        """Count a new transfer.

        :raises TooManyTransfersError: there are ``limit`` transfers of this key.
        :raises BusyError: there are too many transfers of all keys.
        """
        with self._lock:
            self._check(key, limit)
            if self._counts.total() >= settings.MAX_TRANSFERS:
                raise BusyError(
                    sentence("The portal has too many uploads and downloads at the moment. Try again soon.")
                )
            self._counts[key] += 1
        return Transfer(self, key)

    def move(self, transfer: Transfer, key: str, limit: int) -> None:
        with self._lock:
            self._check(key, limit)
            self._uncount(transfer.key)
            self._counts[key] += 1
            transfer.key = key

    def remove(self, transfer: Transfer) -> None:
        with self._lock:
            self._uncount(transfer.key)

    def count(self, key: str = "") -> int:
        """Return the number of transfers, of one key or of all."""
        with self._lock:
            return self._counts[key] if key else self._counts.total()

    def _check(self, key: str, limit: int) -> None:
        if self._counts[key] >= limit:
            owner = sentence("this link") if key.startswith("link:") else sentence("your account")
            raise TooManyTransfersError(
                sentence(
                    "The limit of %(limit)s simultaneous uploads and downloads for %(owner)s is reached. Wait "
                    "until one has ended, then try again.",
                    limit=limit,
                    owner=owner,
                )
            )

    def _uncount(self, key: str) -> None:
        self._counts[key] -= 1
        if self._counts[key] <= 0:
            del self._counts[key]


transfers = Transfers()


def claim_transfer(request: HttpRequest, *, link: object = None) -> None:
    """Count the request as a transfer of its user, or of a shared link.

    :raises TooManyTransfersError: the user or link has too many.
    :raises BusyError: there are too many of all users.
    """
    if link is not None:
        key, limit = f"link:{link}", settings.MAX_TRANSFERS_PER_LINK
    else:
        key, limit = f"user:{request.user.pk}", settings.MAX_TRANSFERS_PER_USER
    transfer: Transfer | None = getattr(request, "transfer", None)
    if transfer is not None:
        transfer.assign(key, limit)
    else:
        request.transfer = transfers.open(key, limit)  # type: ignore[attr-defined]  # see TransferMiddleware


def release_database() -> None:
    """Close this thread's database connections, or let another thread use them."""
    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            connection.hand_over()
        elif not connection.in_atomic_block:
            connection.close()


class TransferMiddleware:
    """Count transfers, and release their database connections.

    It must be the first middleware: those below it may use the database after the view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        request.transfer = None
        try:
            if has_large_body(request):
                request.transfer = _open(request)
            response = self._get_response(request)
            if response.streaming and request.method == "HEAD":
                response = _without_body(response)
            if response.streaming and request.transfer is None:
                try:
                    request.transfer = _open(request)
                except BusyError:
                    response.close()
                    raise
        except BusyError as error:
            return _refuse(request, error)
        if response.streaming:
            release_database()
            _close_after(response, request.transfer)
        elif request.transfer is not None:
            request.transfer.close()
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Refuse a transfer of a page; the API has its own responses."""
        return _refuse(request, error) if isinstance(error, BusyError) else None


def has_large_body(request: HttpRequest) -> bool:
    """Return whether a thread may wait for the body."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return (
        not length.isdigit()
        or int(length) > SMALL_BODY
        or "HTTP_TRANSFER_ENCODING" in request.META
        or "HTTP_EXPECT" in request.META
    )


def _open(request: HttpRequest) -> Transfer:
    """Count a transfer by its client's address; the view may find out whose it is."""
    return transfers.open(f"address:{client_address(request)}", max(1, settings.MAX_TRANSFERS // 2))


def _close_after(response: HttpResponseBase, transfer: Transfer) -> None:
    close = response.close

    def close_both() -> None:
        try:
            close()
        finally:
            transfer.close()

    response.close = close_both  # type: ignore[method-assign]  # the server calls it when the body has ended


def _without_body(response: HttpResponseBase) -> HttpResponseBase:
    """Return the response to HEAD; its stream never starts."""
    response.close()
    return StreamingHttpResponse(iter(()), status=response.status_code, headers=response.headers)


def _refuse(request: HttpRequest, error: BusyError) -> HttpResponse:
    is_own = isinstance(error, TooManyTransfersError)
    status = HTTPStatus.TOO_MANY_REQUESTS if is_own else HTTPStatus.SERVICE_UNAVAILABLE
    if not request.path.startswith("/api/"):
        return temporary_error_page(request, status, error.message, retry_after=TRANSFER_RETRY_SECONDS)
    headers = {"Retry-After": str(TRANSFER_RETRY_SECONDS), "Cache-Control": "no-store"}
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": error.message,
        "code": error.code,
    }
    return HttpResponse(
        json.dumps(problem), content_type="application/problem+json", status=status, headers=headers
    )
