"""Downloads through the API: error responses become problem details."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponseBase
from django.utils.translation import gettext

from sessions_app.api.auth import ApiRequest
from sessions_app.api.problems import ProblemError
from sessions_app.http.downloads import UNREADABLE_MESSAGE, Download, download_response


def api_download_response(request: ApiRequest, download: Download) -> HttpResponseBase:
    """Send the bytes, whole or in ranges.

    :raises ProblemError: the range starts beyond the end, or the bytes cannot be read at the moment.
    """
    response = download_response(request, download)
    if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise ProblemError(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            "bad_range",
            gettext("The range starts beyond the end of the %(size)s bytes.") % {"size": download.size},
            headers={"Content-Range": response["Content-Range"], "ETag": download.etag},
        )
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "storage",
            UNREADABLE_MESSAGE,
            headers={"Retry-After": response["Retry-After"]},
        )
    return response
