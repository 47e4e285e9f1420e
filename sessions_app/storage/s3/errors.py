"""What the store says when it does not do what it was asked."""

from __future__ import annotations

import http
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from sessions_app.storage.store import (
    ObjectDamagedError,
    ObjectMissingError,
    PartsRefusedError,
    StoreFullError,
    StoreUnavailableError,
)

_MISSING = {"404", "NoSuchKey", "NoSuchUpload", "NotFound"}
_DAMAGED = {"BrokenMPU"}
"""Swift, of an object one of whose parts was sent again after they were joined."""
FULL = {
    "507",
    "EntityTooLarge",  # Swift, over its quota: parts are never too large otherwise
    "InsufficientStorage",
    "QuotaExceeded",  # Ceph
    "XMinioStorageFull",
}
_REFUSED_PARTS = {"EntityTooSmall", "InvalidPart", "InvalidPartOrder"}


@contextmanager
def answers(key: str) -> Iterator[None]:
    """Turn what the store says, or fails to say, into our own errors."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in _MISSING:
            raise ObjectMissingError(key) from error
        if code in _DAMAGED:
            raise ObjectDamagedError(key) from error
        if code in FULL or status_of(error) == http.HTTPStatus.INSUFFICIENT_STORAGE:
            raise StoreFullError(key) from error
        if code in _REFUSED_PARTS:
            raise PartsRefusedError(key, "The storage does not accept the parts.") from error
        raise StoreUnavailableError(key) from error
    except BotoCoreError as error:
        raise StoreUnavailableError(key) from error


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def status_of(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
