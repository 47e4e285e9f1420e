"""Errors of operations, shown as messages on pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from sessions_app.operations.errors import OperationError


def run_with_message(request: HttpRequest, operation: Callable[[], Any], *, success: str = "") -> bool:
    """Run an operation, add a message, and return whether it succeeded."""
    try:
        operation()
    except OperationError as error:
        messages.error(request, error.message)
        return False
    if success:
        messages.success(request, success)
    return True
