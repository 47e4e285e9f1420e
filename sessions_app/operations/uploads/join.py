"""Join: the parts of one upload become an object of the store.

Uses no database, so that any thread may do it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from dubbing_core.digests import Digest
from dubbing_core.sentences import sentence
from sessions_app.models import Upload
from sessions_app.operations.errors import BusyError
from sessions_app.operations.uploads.errors import UploadDeletedError
from sessions_app.operations.uploads.parts import list_parts, part_count
from sessions_app.operations.uploads.staging import object_key
from sessions_app.storage.errors import (
    ObjectMissingError,
    PartBusyError,
    PartsLostError,
    PartsRefusedError,
    StoreError,
)
from sessions_app.storage.part_sizes import choose_part_size
from sessions_app.storage.store import BlobStore, Part

PAUSES = (0.05, 0.1, 0.2)
"""Seconds between two tries while another request writes to the upload."""


@dataclass(frozen=True, kw_only=True)
class JoinResult:
    """Outcome of joining: the parts are one object, some are missing, or an error."""

    upload: Upload
    parts: Sequence[Part] = ()
    digest: Digest | None = None
    """Of the joined parts, if the store has computed it."""
    missing: Sequence[int] = ()
    is_lost: bool = False
    """The missing parts had arrived, or the store has lost the upload."""
    error: Exception | None = None


def join_parts(upload: Upload, store: BlobStore) -> JoinResult:
    """Join the parts; an upload that is joined already stays as it is."""
    for pause in (*PAUSES, None):
        try:
            return _try_join(upload, store)
        except PartsLostError as error:
            return JoinResult(upload=upload, missing=error.numbers, is_lost=True)
        except PartBusyError as error:
            # Most likely another request joins the same parts, and has done so after a pause.
            if pause is None:
                return JoinResult(upload=upload, error=BusyError(str(error), code="upload_busy"))
            time.sleep(pause)
        except StoreError as error:
            # The response to an earlier call may have been lost after the parts were joined.
            return JoinResult(upload=upload) if _is_joined(upload, store) else _classify(upload, error)
    raise AssertionError


def _try_join(upload: Upload, store: BlobStore) -> JoinResult:
    key = object_key(upload)
    if upload.size == 0:
        with store.writer(key):
            pass
        if upload.store_id:  # a client sent an empty part
            store.abort(key, upload.store_id)
        return JoinResult(upload=upload)
    parts = list_parts(upload, store)
    if parts is None:
        raise ObjectMissingError(key)
    received = {part.number for part in parts}
    missing = [number for number in range(1, part_count(upload) + 1) if number not in received]
    if missing:
        return JoinResult(upload=upload, missing=missing)
    digest = store.complete(key, upload.store_id, parts, part_size=choose_part_size(upload.size))
    return JoinResult(upload=upload, parts=parts, digest=digest)


def _is_joined(upload: Upload, store: BlobStore) -> bool:
    try:
        return store.size(object_key(upload)) == upload.size
    except StoreError:
        return False


def _classify(upload: Upload, error: StoreError) -> JoinResult:
    if isinstance(error, ObjectMissingError):
        return JoinResult(upload=upload, error=UploadDeletedError(), is_lost=True)
    if isinstance(error, PartsRefusedError):
        # A part was replaced between listing and joining; the next call lists the new one.
        busy = BusyError(sentence("A part is still arriving. Try again in a moment."), code="upload_busy")
        return JoinResult(upload=upload, error=busy)
    return JoinResult(upload=upload, error=error)
