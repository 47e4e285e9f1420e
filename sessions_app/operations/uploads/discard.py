"""Discarding of uploads: their rows and bytes are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet, Sum

from dubbing_core.sentences import sentence
from sessions_app.models import Job, Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.uploads.rows import lock_upload
from sessions_app.operations.uploads.staging import delete_staged_bytes
from sessions_app.queries.uploads import filter_unused


def discard_upload(*, upload: Upload) -> None:
    """Discard an upload at its owner's request.

    :raises NotAllowedError: an unfinished job reads it, or it was deleted already.
    """
    with transaction.atomic():
        row = lock_upload(upload)
        if row.job_id is not None and Job.objects.filter(pk=row.job_id).unfinished().exists():
            raise NotAllowedError(
                sentence("A job is reading this upload. Cancel the job first."),
                code="upload_in_use",
            )
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


@dataclass(frozen=True, kw_only=True)
class Discarded:
    """Uploads that were discarded."""

    count: int
    size: int
    """Bytes that count toward quotas no longer."""


def discard_uploads(*, uploads: QuerySet[Upload], idle_since: datetime | None = None) -> Discarded:
    """Discard the uploads that no unfinished job reads.

    :param idle_since: only those that received nothing after this time.
    """
    ids = list(filter_unused(uploads, idle_since=idle_since).order_by("pk").values_list("pk", flat=True))
    count = size = 0
    for start in range(0, len(ids), ROWS_PER_STATEMENT):
        for upload in _delete_unused_rows(ids[start : start + ROWS_PER_STATEMENT]):
            delete_staged_bytes(upload)
            count += 1
            size += upload.size if upload.blob_id is None else 0
    return Discarded(count=count, size=size)


def count_discardable(*, uploads: QuerySet[Upload], idle_since: datetime | None = None) -> Discarded:
    """Return what `discard_uploads` would discard."""
    unused = filter_unused(uploads, idle_since=idle_since)
    size = unused.filter(blob__isnull=True).aggregate(size=Sum("size"))["size"]
    return Discarded(count=unused.count(), size=size or 0)


def _delete_unused_rows(ids: Sequence[int]) -> list[Upload]:
    """Delete the rows of uploads that no job reads."""
    with transaction.atomic():
        locked = list(Upload.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
        # Queried after the rows are locked: a job that is created now waits for them.
        unused = set(filter_unused(Upload.objects.filter(pk__in=ids)).values_list("pk", flat=True))
        Upload.objects.filter(pk__in=unused).delete_rows()
    return [upload for upload in locked if upload.pk in unused]
