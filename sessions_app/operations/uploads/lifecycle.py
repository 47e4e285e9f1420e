"""Files on their way in. ``announcements`` opens them, ``parts`` receives their bytes, a save or import takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from django.db import transaction

from sessions_app.models import Job, Upload
from sessions_app.operations.errors import NotAllowedError
from sessions_app.storage import get_store
from sessions_app.storage.keys import staging_key, staging_prefix

MAX_UPLOADS_A_CALL = 1000
BATCH = 500
"""Rows or variables of a statement; databases limit them."""


@dataclass(frozen=True, kw_only=True)
class Arriving:
    """A file on its way in: an upload of its own, or a piece of a pack."""

    path: str
    size: int
    """In bytes."""
    sha256: str
    """As announced, or ""."""
    upload: Upload
    start: int = 0
    """Where its bytes begin in what is uploaded."""


def arriving_in(upload: Upload) -> Iterator[Arriving]:
    """Yield the files that the upload brings."""
    if upload.members is None:
        yield Arriving(path=upload.path, size=upload.size, sha256=upload.sha256, upload=upload)
        return
    starts = accumulate((size for _, size, _ in upload.members), initial=0)
    for (path, size, sha256), start in zip(upload.members, starts, strict=False):
        yield Arriving(path=path, size=size, sha256=sha256, upload=upload, start=start)


def staging_owner(upload: Upload) -> str:
    return f"upload-{upload.code}"


def object_key(upload: Upload) -> str:
    """Where the received bytes lie until a job takes them."""
    return staging_key(staging_owner(upload), "file")


def give_up(*, upload: Upload) -> None:
    """Forget an upload that a person does not want any more, and free its bytes.

    :raises NotAllowedError: a job is going to read it.
    """
    with transaction.atomic():
        row = locked(upload)
        if row.job_id is not None and Job.objects.filter(pk=row.job_id).unfinished().exists():
            raise NotAllowedError("A job is reading this upload. Cancel the job first.", code="upload_in_use")
        row.delete()
    free(row)


def discard(uploads: Iterable[Upload]) -> int:
    """Forget uploads and free their bytes; return how many bytes had arrived."""
    freed = 0
    for upload in uploads:
        free(upload)
        freed += upload.received if upload.blob_id is None else 0
        upload.delete()
    return freed


def free(upload: Upload) -> None:
    """Give back what the upload's bytes take of the staging area."""
    if not upload.has_staged_bytes:
        return
    store = get_store()
    if upload.state == Upload.State.RECEIVING and upload.store_id:
        store.abort(object_key(upload), upload.store_id)
    for staged in list(store.list(staging_prefix(staging_owner(upload)))):
        store.delete(staged.key)


def locked(upload: Upload) -> Upload:
    """Return the upload's row, locked.

    :raises NotAllowedError: it is gone.
    """
    row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
    if row is None:
        raise gone()
    return row


def gone() -> NotAllowedError:
    return NotAllowedError("This upload is gone. Send the file again.", code="upload_deleted")
