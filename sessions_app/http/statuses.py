"""HTTP status of operation errors."""

from __future__ import annotations

from http import HTTPStatus

from sessions_app.http.transfers import TooManyTransfersError
from sessions_app.operations.errors import (
    BadInputError,
    BusyError,
    DiskFullError,
    OperationError,
    OverQuotaError,
    ThrottledError,
)


def status_of(error: OperationError) -> HTTPStatus:
    match error:
        case BadInputError():
            return HTTPStatus.BAD_REQUEST
        case OverQuotaError():
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        case TooManyTransfersError() | ThrottledError():
            return HTTPStatus.TOO_MANY_REQUESTS
        case DiskFullError():
            return HTTPStatus.INSUFFICIENT_STORAGE
        case BusyError():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            return HTTPStatus.CONFLICT
