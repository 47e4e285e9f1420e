"""Downloads, whose refusals are problems here."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponseBase

from sessions_app.api.auth import ApiRequest
from sessions_app.api.problems import BUSY_SECONDS, Refused
from sessions_app.http.downloads import Download, send


def sent(request: ApiRequest, download: Download) -> HttpResponseBase:
    """Send the bytes, whole or in ranges.

    :raises Refused: the range lies beyond the end, or the bytes cannot be read right now.
    """
    response = send(request, download)
    if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise Refused(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            "bad_range",
            f"It has {download.size} bytes, and the range lies beyond them.",
            headers={"Content-Range": response["Content-Range"], "ETag": download.etag},
        )
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        raise Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "storage",
            "The file cannot be read right now. Try again in a few minutes.",
            headers={"Retry-After": str(BUSY_SECONDS)},
        )
    return response
