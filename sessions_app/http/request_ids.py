"""Ids of requests: in each log line, and in the response's X-Request-ID."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from dubbing_sessions.log_context import log_context

HEADER = "X-Request-ID"
USABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Middleware that gives each request an id, or keeps that of a proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.headers.get(HEADER, "")
        request_id = sent if USABLE.fullmatch(sent) else uuid.uuid4().hex
        request.id = request_id  # type: ignore[attr-defined]  # read by ContextFilter
        with log_context(request=request_id):
            response = self._get_response(request)
        response[HEADER] = request_id
        return response
