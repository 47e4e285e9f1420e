"""Translation of S3 errors into StoreErrors."""

from __future__ import annotations

import http
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from dubbing_core.sentences import sentence
from sessions_app.storage.errors import (
    ObjectDamagedError,
    ObjectMissingError,
    PartsRefusedError,
    StoreFullError,
    StoreUnavailableError,
)

MISSING = {"404", "NoSuchKey", "NoSuchUpload", "NotFound"}
_DAMAGED = {"BrokenMPU"}
"""Swift: a part of the object was sent again after the parts were joined."""
FULL = {
    "507",
    "EntityTooLarge",  # Swift, over its quota; the portal's parts are never too large
    "InsufficientStorage",
    "QuotaExceeded",  # Ceph
    "XMinioStorageFull",
}
_REFUSED_PARTS = {"EntityTooSmall", "InvalidPart", "InvalidPartOrder"}


@contextmanager
def translate_errors(key: str) -> Iterator[None]:
    """Raise boto3's errors as StoreErrors about ``key``."""
    try:
        yield
    except ClientError as error:
        code = get_code(error)
        if code in MISSING:
            raise ObjectMissingError(key) from error
        if code in _DAMAGED:
            raise ObjectDamagedError(key) from error
        if code in FULL or get_status(error) == http.HTTPStatus.INSUFFICIENT_STORAGE:
            raise StoreFullError(key) from error
        if code in _REFUSED_PARTS:
            raise PartsRefusedError(key, sentence("The storage does not accept the parts.")) from error
        raise StoreUnavailableError(key) from error
    except BotoCoreError as error:
        raise StoreUnavailableError(key) from error


def get_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def get_status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
