"""Discarding of uploads: their rows and bytes are deleted."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from sessions_app.models import Job, Upload
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.uploads.rows import lock_upload
from sessions_app.operations.uploads.staging import delete_staged_bytes


def discard_upload(*, upload: Upload) -> None:
    """Discard an upload at its owner's request.

    :raises NotAllowedError: an unfinished job reads it, or it was deleted already.
    """
    with transaction.atomic():
        row = lock_upload(upload)
        if row.job_id is not None and Job.objects.filter(pk=row.job_id).unfinished().exists():
            raise NotAllowedError("A job is reading this upload. Cancel the job first.", code="upload_in_use")
        Upload.objects.filter(pk=row.pk).delete_rows()
    delete_staged_bytes(row)


def delete_uploads(uploads: Iterable[Upload]) -> int:
    """Delete uploads that no job needs; return how many received bytes were deleted.

    Rows are deleted first: garbage collection deletes bytes without a row.
    """
    rows = list(uploads)
    with transaction.atomic():
        Upload.objects.filter(pk__in=[upload.pk for upload in rows]).delete_rows()
    for upload in rows:
        delete_staged_bytes(upload)
    return sum(upload.received for upload in rows if upload.blob_id is None)
