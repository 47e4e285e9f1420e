"""Receive the bytes of a part through the portal."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import NoReturn

from django.conf import settings
from django.db import connection

from dubbing_core.digests import Digest, Digester
from dubbing_core.sentences import sentence
from sessions_app.models import Upload
from sessions_app.models.commits import deferred_sync
from sessions_app.models.statements import change
from sessions_app.operations.accounts.quotas import check_quota
from sessions_app.operations.disk_space import check_part_space
from sessions_app.operations.errors import BadInputError, BusyError, IncompleteError
from sessions_app.operations.uploads.complete import complete_uploads
from sessions_app.operations.uploads.errors import UploadCompleteError, UploadDeletedError
from sessions_app.operations.uploads.multipart import check_accepts_parts, initiate_multipart
from sessions_app.operations.uploads.parts import list_records, part_count, part_length, set_records
from sessions_app.operations.uploads.resume import prevent_resume
from sessions_app.operations.uploads.rows import lock_upload
from sessions_app.operations.uploads.staging import new_whole_id, object_key
from sessions_app.storage import get_store
from sessions_app.storage.errors import ObjectMissingError, PartBusyError, StoreError
from sessions_app.storage.part_sizes import choose_part_size
from sessions_app.storage.store import Part

RECORD_ONLY_PART = """
UPDATE sessions_app_upload SET store_id = %s, parts = %s, received = %s, expires_at = %s
WHERE id = %s AND store_id = '' AND state = 'receiving'
"""
RECORD_WHOLE = """
UPDATE sessions_app_upload SET state = 'received', store_id = %s, parts = %s, received = size, received_sha256 = %s,
received_crc32 = %s, expires_at = %s WHERE id = %s AND store_id = '' AND state = 'receiving'
"""

logger = logging.getLogger(__name__)


def put_part(
    *, upload: Upload, number: int, chunks: Iterable[bytes], now: datetime, completes: bool = False
) -> Part:
    """Store one part, replacing an earlier one of the same number.

    :param completes: also complete the upload if no part is missing; its state reports whether it is complete.
    :raises BadInputError: there is no such part, or its length is wrong.
    :raises NotAllowedError: the upload is complete, was deleted or has expired.
    :raises OverQuotaError: the owner's storage quota is exceeded.
    :raises DiskFullError: the server has not enough space.
    :raises BusyError: another request is writing the same part.
    """
    check_accepts_parts(upload, [number], now=now)
    check_quota(upload.owner_id)
    length = part_length(upload, number)
    check_part_space(length)
    checked = _check_length(chunks, length, upload)
    if part_count(upload) == 1 and not upload.store_id:
        if completes:
            return _put_whole(upload, checked, now=now)
        part = _put_only_part(upload, checked, now=now)
    else:
        part = _put_one_of_many(upload, number, checked, now=now)
    if completes and upload.received == upload.size:
        _complete(upload, now=now)
    return part


def _complete(upload: Upload, *, now: datetime) -> None:
    """Complete the upload, unless that fails.

    Then the client asks for it, and receives the reason.
    """
    try:
        complete_uploads(uploads=[upload], now=now)
    except (BusyError, IncompleteError, StoreError) as error:
        logger.debug("The upload %s is not complete yet: %s", upload.code, error)


def _put_one_of_many(upload: Upload, number: int, chunks: Iterable[bytes], *, now: datetime) -> Part:
    store = get_store()
    store_id = initiate_multipart(upload, store)
    try:
        part = store.put_part(
            object_key(upload), store_id, number, chunks, part_size=choose_part_size(upload.size)
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
    upload.store_id, upload.parts, upload.received = row.store_id, row.parts, row.received
    return part


def _put_whole(upload: Upload, chunks: Iterable[bytes], *, now: datetime) -> Part:
    """Store an upload that this request sends as a whole, and record it.

    There are no parts to join: the object is hashed while it arrives. It has a name of its own, so that no other request writes to it.
    After a power failure that undoes the record, the client sends it again.
    """
    store = get_store()
    upload.store_id = new_whole_id()
    key = object_key(upload)
    digester = Digester()
    with store.writer(key, size=upload.size) as writer:
        for chunk in chunks:
            digester.update(chunk)
            writer.write(chunk)
    digest = digester.digest()
    part = Part(number=1, size=digest.size, etag=digest.sha256)
    try:
        _record_whole(upload, digest, part, now=now)
    except BaseException:
        store.delete(key)
        raise
    return part


def _record_whole(upload: Upload, digest: Digest, part: Part, *, now: datetime) -> None:
    """Record that the upload is complete, unless another request has sent it.

    :raises BusyError: it has.
    """
    upload.state = Upload.State.RECEIVED
    upload.received_sha256, upload.received_crc32 = digest.sha256, digest.crc32
    upload.expires_at = now + settings.UPLOAD_RETENTION
    set_records(upload, list_records([part]))
    parts = connection.ops.adapt_json_value(upload.parts, None)
    expires_at = connection.ops.adapt_datetimefield_value(upload.expires_at)
    values = [upload.store_id, parts, digest.sha256, digest.crc32, expires_at, upload.pk]
    with deferred_sync():
        is_recorded = change(RECORD_WHOLE, values)
    if not is_recorded:
        _raise_sent_before(upload)


def _put_only_part(upload: Upload, chunks: Iterable[bytes], *, now: datetime) -> Part:
    """Store the first and only part.

    The row records it together with the multipart upload, in one statement.
    """
    store = get_store()
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
    parts = connection.ops.adapt_json_value(upload.parts, None)
    expires_at = connection.ops.adapt_datetimefield_value(upload.expires_at)
    with deferred_sync():
        is_recorded = change(RECORD_ONLY_PART, [store_id, parts, upload.received, expires_at, upload.pk])
    if not is_recorded:
        _raise_sent_before(upload)


def _raise_sent_before(upload: Upload) -> NoReturn:
    """Raise the reason why the upload's row accepts no first part."""
    row = Upload.objects.filter(pk=upload.pk).first()
    if row is None:
        raise UploadDeletedError
    if row.state != Upload.State.RECEIVING:
        raise UploadCompleteError
    raise BusyError(
        sentence("Another request has just sent this part. Try again in a moment."),
        code="upload_busy",
    )


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
            sentence("A part of %(label)s has more bytes than it should. Send it again.", label=upload.label)
            if passed > length
            else sentence(
                "A part of %(label)s has fewer bytes than it should. Send it again.", label=upload.label
            ),
            code="bad_part_size",
        )
