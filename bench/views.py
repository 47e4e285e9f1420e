"""A download view that streams its ZIP with zipstream-ng."""

from __future__ import annotations

import os

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe
from zipstream import ZipStream

FOLDER_VARIABLE = "BENCH_SESSION"
"""Environment variable with the folder whose files are sent."""


@require_safe
@login_required
def zipstream(request: HttpRequest) -> StreamingHttpResponse:  # noqa: ARG001 (signature of views)
    # Stored, like ours. With the length known the server does not use chunked encoding.
    archive = ZipStream(sized=True)
    archive.add_path(os.environ[FOLDER_VARIABLE], arcname="/")
    response = StreamingHttpResponse(archive, content_type="application/zip")
    response["Content-Length"] = str(len(archive))
    return response
