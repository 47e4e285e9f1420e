"""Requests to the store's public address, as a browser sends them."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from http import HTTPStatus

TIMEOUT = 30
"""Seconds for a request."""


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    data: bytes | None = None,
    timeout: float = TIMEOUT,
) -> tuple[int, Message, bytes]:
    """Return status, headers and first bytes of the response, also of errors.

    :raises OSError: there was no response.
    """
    prepared = urllib.request.Request(url, data=data, method=method, headers=dict(headers))  # noqa: S310 (the operator configured the address)
    try:
        with urllib.request.urlopen(prepared, timeout=timeout) as response:  # noqa: S310 (see above)
            return response.status, response.headers, response.read(1024)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, b""
    except urllib.error.URLError as error:
        if isinstance(error.reason, BrokenPipeError | ConnectionResetError):
            # Some servers close the connection instead of reading a body that they refuse.
            return HTTPStatus.BAD_REQUEST, Message(), b""
        raise
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error


def allows_origin(headers: Message, origin: str) -> bool:
    """Return whether a response lets pages of an origin read it."""
    return headers.get("Access-Control-Allow-Origin") in {"*", origin}


def allows_reading(url: str, origin: str, *, timeout: float = TIMEOUT) -> bool:
    """Return whether the store lets players on pages of an origin read its objects.

    :param url: signed for any object, which need not exist.
    :raises OSError: there was no response.
    """
    preflight = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    status, headers, _ = request("OPTIONS", url, headers=preflight, timeout=timeout)
    return status < HTTPStatus.BAD_REQUEST and allows_origin(headers, origin)


def describe_refused_player(origin: str) -> str:
    """Return what an operator can do about media that pass through the portal."""
    return (
        f"The storage does not let players on {origin} read from it, so media pass through the portal. "
        "Run setup_storage, set its CORS rules manually (docs/storage.md), or S3_DIRECT_MEDIA to False."
    )
