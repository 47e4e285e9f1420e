"""Errors on pages: of operations as messages, others as pages of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from sessions_app.http.error_pages import temporary_error_page
from sessions_app.http.outages import OUTAGE_RETRY_SECONDS, find_outage
from sessions_app.operations.errors import DiskFullError, OperationError, OverQuotaError


def run_with_message(request: HttpRequest, operation: Callable[[], Any], *, success: str = "") -> bool:
    """Run an operation, add a message, and return whether it succeeded."""
    try:
        operation()
    except OperationError as error:
        show_error(request, error)
        return False
    if success:
        messages.success(request, success)
    return True


def show_error(request: HttpRequest, error: OperationError) -> None:
    """Add an error's message, with a link to the page that helps if there is one."""
    is_about_space = isinstance(error, OverQuotaError | DiskFullError)
    messages.error(request, error.message, extra_tags="storage" if is_about_space else "")


def show_retry_error(request: HttpRequest, error: OperationError) -> None:
    """Add the error of a retry, unless the button was of an older state.

    The job runs again then, or has succeeded.
    """
    if error.code != "job_not_retryable":
        show_error(request, error)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for the exception that Django is handling.

    It is an outage or an internal error, both rendered without the request: its user and messages are in the database.
    """
    outage = find_outage(sys.exc_info()[1])
    if outage is None:
        context = {"request_id": getattr(request, "id", "")}
        return HttpResponse(render_to_string("500.html", context), status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return temporary_error_page(
        request, HTTPStatus.SERVICE_UNAVAILABLE, outage.message, retry_after=OUTAGE_RETRY_SECONDS
    )
