"""Reuse of stored blobs: uploads whose bytes need not be sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.sentences import sentence
from sessions_app.models import Blob, Upload
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.uploads.new_files import NewFile, check_file
from sessions_app.queries.blobs import find_readable_blobs


def reuse_stored_blobs(*, owner: AbstractBaseUser, files: Sequence[NewFile], now: datetime) -> list[Upload]:
    """Return unsaved uploads of files with blobs in sessions that the owner can read.

    The blobs are locked until the transaction ends; save the uploads in the same transaction.

    :raises NotAllowedError: `blob_missing`, a blob does not exist, was deleted, or is not readable.
    """
    readable = find_readable_blobs(owner, {file.sha256 for file in files})
    # Read again under the lock, in one order everywhere: garbage collection may have deleted one in the meantime.
    locked = (
        Blob.objects.select_for_update()
        .filter(pk__in=[blob.pk for blob in readable.values()], state=Blob.State.STORED)
        .order_by("sha256")
    )
    blobs = {blob.sha256: blob for blob in locked}
    Blob.objects.filter(pk__in=[blob.pk for blob in blobs.values()], unreferenced_since__isnull=False).update(
        unreferenced_since=None
    )
    uploads = []
    for file in files:
        checked = check_file(file)
        blob = blobs.get(checked.sha256)
        if blob is None or blob.size != checked.size:
            raise NotAllowedError(
                sentence(
                    "The bytes of “%(path)s” are not stored, or were deleted. Upload the file.",
                    path=checked.path,
                ),
                code="blob_missing",
            )
        uploads.append(
            Upload(
                owner_id=owner.pk,
                path=checked.path,
                size=checked.size,
                received=checked.size,
                sha256=checked.sha256,
                is_executable=checked.is_executable,
                mtime_ns=checked.mtime_ns,
                blob=blob,
                state=Upload.State.RECEIVED,
                created_at=now,
                expires_at=now + settings.UPLOAD_RETENTION,
            )
        )
    return uploads
