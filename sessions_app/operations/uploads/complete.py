"""Completion of uploads: join the parts and record it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from dubbing_core.concurrency import run_in_threads
from dubbing_core.sentences import join, sentence
from sessions_app.models import Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT, set_columns
from sessions_app.models.commits import deferred_sync
from sessions_app.models.statements import change
from sessions_app.operations.errors import BadInputError, IncompleteError
from sessions_app.operations.uploads.errors import UploadDeletedError
from sessions_app.operations.uploads.join import JoinResult, join_parts
from sessions_app.operations.uploads.limits import MAX_THREADS, MAX_UPLOADS_PER_CALL
from sessions_app.operations.uploads.parts import list_records, set_records
from sessions_app.operations.uploads.resume import prevent_resume
from sessions_app.operations.uploads.rows import lock_upload
from sessions_app.storage import get_store

DIGEST_COLUMNS = ("received_sha256", "received_crc32")
RECORD_COMPLETE = """
UPDATE sessions_app_upload SET state = 'received', expires_at = %s, received = size,
received_sha256 = COALESCE(%s, received_sha256), received_crc32 = COALESCE(%s, received_crc32) WHERE id = %s
"""


def complete_uploads(*, uploads: Sequence[Upload], now: datetime) -> list[Upload]:
    """Join the parts of each upload; the bytes then wait for a job. Idempotent.

    :raises IncompleteError: parts are missing, or were lost since they arrived; all other uploads are complete.
    :raises NotAllowedError: an upload was deleted.
    """
    if len(uploads) > MAX_UPLOADS_PER_CALL:
        raise BadInputError(
            sentence(
                "Complete at most %(max_uploads_per_call)s uploads per call.",
                max_uploads_per_call=MAX_UPLOADS_PER_CALL,
            ),
            code="bad_file_count",
        )
    store = get_store()
    receiving = [upload for upload in uploads if upload.state == Upload.State.RECEIVING]
    results = run_in_threads(
        lambda upload: join_parts(upload, store), receiving, threads=MAX_THREADS, name="join"
    )
    joined = [result for result in results if not result.missing and result.error is None]
    for result in joined:
        result.upload.state = Upload.State.RECEIVED
        result.upload.expires_at = now + settings.UPLOAD_RETENTION
    _record_joined(joined, expires_at=now + settings.UPLOAD_RETENTION)
    for result in results:
        if result.missing:
            _remove_records(result.upload, result.missing)
    for result in results:
        if result.error is not None:
            if result.is_lost:
                prevent_resume(result.upload)
            raise result.error
    if incomplete := [result for result in results if result.missing]:
        raise _describe_incomplete(incomplete)
    return list(uploads)


def _record_joined(joined: Sequence[JoinResult], *, expires_at: datetime) -> None:
    """Record which uploads are complete.

    :raises UploadDeletedError: one was discarded in the meantime; garbage collection deletes its bytes.
    """
    if len(joined) == 1 and joined[0].upload.parts:
        _record_one(joined[0], expires_at=expires_at)
        return
    with transaction.atomic():
        rows = {
            row.pk: row
            for row in Upload.objects.select_for_update()
            .filter(pk__in=[result.upload.pk for result in joined])
            .order_by("pk")
        }
        with_new_parts = []
        for result in joined:
            row = rows.get(result.upload.pk)
            if row is None:
                continue
            if not row.parts and result.parts:
                set_records(row, list_records(result.parts))
                with_new_parts.append(row)
            result.upload.parts, result.upload.received = row.parts, row.size
        # One statement for all takes a tenth of the time of `bulk_update`, which only parts sent directly need.
        Upload.objects.bulk_update(with_new_parts, ["parts"], batch_size=ROWS_PER_STATEMENT)
        set_columns(
            Upload,
            DIGEST_COLUMNS,
            {
                result.upload.pk: (result.digest.sha256, result.digest.crc32)
                for result in joined
                if result.digest is not None
            },
        )
        Upload.objects.filter(pk__in=list(rows)).update(
            state=Upload.State.RECEIVED, expires_at=expires_at, received=F("size")
        )
    if len(rows) != len(joined):
        raise UploadDeletedError


def _record_one(result: JoinResult, *, expires_at: datetime) -> None:
    """Record that an upload is complete whose row lists its parts.

    After a power failure that undoes it, the client completes the upload again, whose bytes are durable.

    :raises UploadDeletedError: as `_record_joined`.
    """
    upload, digest = result.upload, result.digest
    upload.received = upload.size
    until = connection.ops.adapt_datetimefield_value(expires_at)
    hashes = (digest.sha256, digest.crc32) if digest else (None, None)
    with deferred_sync():
        is_recorded = change(RECORD_COMPLETE, [until, *hashes, upload.pk])
    if not is_recorded:
        raise UploadDeletedError


def _remove_records(upload: Upload, numbers: Sequence[int]) -> None:
    with transaction.atomic():
        row = lock_upload(upload)
        set_records(row, [record for record in row.parts if record["number"] not in numbers])
        row.save(update_fields=["parts", "received"])


def _describe_incomplete(results: Sequence[JoinResult]) -> IncompleteError:
    first = results[0]
    label = first.upload.label
    if first.is_lost:
        problem = sentence("Parts of %(label)s were lost when the server stopped unexpectedly.", label=label)
        advice = sentence("Send them again.")
    else:
        problem = sentence(
            "%(label)s is incomplete: part %(number)s is missing.", label=label, number=first.missing[0]
        )
        if len(first.missing) > 1:
            problem = sentence(
                "%(label)s is incomplete: %(count)s parts are missing.", label=label, count=len(first.missing)
            )
        advice = sentence("Send the missing parts.")
    others = [sentence("%(count)s more uploads are incomplete too.", count=len(results) - 1)]
    message = join([problem, *(others if len(results) > 1 else []), advice])
    return IncompleteError(
        message, missing={str(result.upload.code): list(result.missing) for result in results}
    )
