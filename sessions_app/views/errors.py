"""Errors of operations, shown as messages on pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

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
