"""Receive the bytes of a part through the portal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from sessions_app.models import Upload
from sessions_app.models.commits import deferred_sync
from sessions_app.operations.accounts.quotas import check_quota
from sessions_app.operations.disk_space import check_part_space
from sessions_app.operations.errors import BadInputError, BusyError
from sessions_app.operations.uploads.errors import UploadCompleteError, UploadDeletedError
from sessions_app.operations.uploads.multipart import check_accepts_parts, initiate_multipart
from sessions_app.operations.uploads.parts import list_records, part_count, part_length, set_records
from sessions_app.operations.uploads.resume import prevent_resume
from sessions_app.operations.uploads.rows import lock_upload
from sessions_app.operations.uploads.staging import object_key
from sessions_app.storage import get_store
from sessions_app.storage.part_sizes import choose_part_size
from sessions_app.storage.store import BlobStore, ObjectMissingError, Part, PartBusyError


def put_part(*, upload: Upload, number: int, chunks: Iterable[bytes], now: datetime) -> Part:
    """Store one part, replacing an earlier one of the same number.

    :raises BadInputError: there is no such part, or its length is wrong.
    :raises NotAllowedError: the upload is complete, was deleted or has expired.
    :raises OverQuotaError: the owner's storage quota is exceeded.
    :raises DiskFullError: the server has not enough space.
    :raises BusyError: another request is writing the same part.
    """
    store = get_store()
    check_accepts_parts(upload, [number], now=now)
    check_quota(upload.owner_id)
    length = part_length(upload, number)
    check_part_space(length)
    checked = _check_length(chunks, length, upload)
    if part_count(upload) == 1 and not upload.store_id:
        return _put_only_part(upload, store, checked, now=now)
    store_id = initiate_multipart(upload, store)
    try:
        part = store.put_part(
            object_key(upload), store_id, number, checked, part_size=choose_part_size(upload.size)
        )
    except PartBusyError as error:
        raise BusyError(str(error), code="upload_busy") from error
    except ObjectMissingError:
        if Upload.objects.filter(pk=upload.pk, state=Upload.State.RECEIVED).exists():
            raise UploadCompleteError from None
        prevent_resume(upload)
        raise UploadDeletedError from None
    # Until the upload is complete, a power failure may undo its parts anyway.
    with deferred_sync():
        row = lock_upload(upload)
        others = [record for record in row.parts if record["number"] != number]
        set_records(row, [*others, *list_records([part])])
        row.expires_at = now + settings.UPLOAD_RETENTION
        row.save(update_fields=["parts", "received", "expires_at"])
    return part


def _put_only_part(upload: Upload, store: BlobStore, chunks: Iterable[bytes], *, now: datetime) -> Part:
    """Store the first and only part.

    The row records it together with the multipart upload, in one statement.
    """
    key = object_key(upload)
    store_id = store.begin(key) or "-"
    try:
        part = store.put_part(key, store_id, 1, chunks, part_size=choose_part_size(upload.size))
        _record_only_part(upload, store_id, part, now=now)
    except BaseException:
        store.abort(key, store_id)
        raise
    return part


def _record_only_part(upload: Upload, store_id: str, part: Part, *, now: datetime) -> None:
    """Record the part, unless another request has sent it in the meantime.

    :raises BusyError: it has.
    """
    upload.store_id = store_id
    upload.expires_at = now + settings.UPLOAD_RETENTION
    set_records(upload, list_records([part]))
    rows = Upload.objects.filter(pk=upload.pk, store_id="", state=Upload.State.RECEIVING)
    with deferred_sync():
        is_recorded = rows.update(
            store_id=store_id, parts=upload.parts, received=upload.received, expires_at=upload.expires_at
        )
    if is_recorded:
        return
    row = Upload.objects.filter(pk=upload.pk).first()
    if row is None:
        raise UploadDeletedError
    if row.state != Upload.State.RECEIVING:
        raise UploadCompleteError
    raise BusyError("Another request has just sent this part. Try again in a moment.", code="upload_busy")


def _check_length(chunks: Iterable[bytes], length: int, upload: Upload) -> Iterable[bytes]:
    """Yield the chunks; raise if they are shorter or longer than the part."""
    passed = 0
    for chunk in chunks:
        passed += len(chunk)
        if passed > length:
            break
        yield chunk
    if passed != length:
        raise BadInputError(
            f"A part of {upload.label} has {'more' if passed > length else 'fewer'} bytes than it should. Send it again.",
            code="bad_part_size",
        )
