"""Receives files part by part. Bytes go to the staging area; a save or import job takes them from there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from sessions_app.blobs import get_store
from sessions_app.blobs.keys import staging_key, staging_prefix
from sessions_app.blobs.parts import MAX_PARTS
from sessions_app.blobs.store import BlobStore, ObjectMissingError, Part, PartsLostError, StoreError
from sessions_app.domain.paths import PathError, clean_path
from sessions_app.models import Job, Upload
from sessions_app.operations.errors import BadInputError, NotAllowedError

MAX_FILES_A_CALL = 1000


@dataclass(frozen=True, kw_only=True)
class Announced:
    """A file that somebody is about to send."""

    path: str
    size: int
    """In bytes."""


def staging_owner(upload: Upload) -> str:
    return f"upload-{upload.code}"


def object_key(upload: Upload) -> str:
    """Where the received bytes lie until a job takes them."""
    return staging_key(staging_owner(upload), "file")


def create(*, owner: AbstractBaseUser, files: Sequence[Announced], now: datetime) -> list[Upload]:
    """Open an upload for each announced file.

    :raises BadInputError: a path or size cannot be accepted; nothing is opened.
    """
    if not 0 < len(files) <= MAX_FILES_A_CALL:
        raise BadInputError(
            f"Announce between 1 and {MAX_FILES_A_CALL} files at a time.", code="bad_file_count"
        )
    try:
        paths = [clean_path(file.path) for file in files]
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error
    limit = min(settings.MAX_UPLOAD_SIZE, get_store().part_size * MAX_PARTS)
    for path, file in zip(paths, files, strict=True):
        if file.size < 0:
            raise BadInputError(f"“{path}” cannot have less than no bytes.", code="bad_size")
        if file.size > limit:
            told = f"a file may have {limit // 1024**3} GiB"
            raise BadInputError(f"“{path}” is too large: {told}.", code="too_large")
    uploads = [
        Upload(
            owner_id=owner.pk,
            path=path,
            size=file.size,
            created_at=now,
            expires_at=now + settings.UPLOAD_KEPT,
        )
        for path, file in zip(paths, files, strict=True)
    ]
    Upload.objects.bulk_create(uploads)
    return uploads


def part_count(upload: Upload, store: BlobStore) -> int:
    return max(1, -(-upload.size // store.part_size))


def part_length(upload: Upload, number: int, store: BlobStore) -> int:
    return min(store.part_size, upload.size - (number - 1) * store.part_size)


def put_part(*, upload: Upload, number: int, chunks: Iterable[bytes], now: datetime) -> Part:
    """Store one part; a part that comes again replaces the earlier one.

    :raises BadInputError: there is no such part, or it is too short or too long.
    :raises NotAllowedError: the upload is complete, gone or has expired.
    """
    store = get_store()
    if upload.state != Upload.State.RECEIVING:
        raise _complete_already()
    if upload.expires_at <= now:
        raise NotAllowedError("This upload has expired. Start it again.", code="upload_expired")
    if not 1 <= number <= part_count(upload, store):
        raise BadInputError(f"“{upload.path}” has no part {number}.", code="no_such_part")
    length = part_length(upload, number, store)
    store_id = _begin(upload, store)
    try:
        part = store.put_part(object_key(upload), store_id, number, _exactly(chunks, length, upload.path))
    except ObjectMissingError:
        if Upload.objects.filter(pk=upload.pk, state=Upload.State.RECEIVED).exists():
            raise _complete_already() from None
        raise _gone() from None
    with transaction.atomic():
        row = _locked(upload)
        others = [known for known in row.parts if known["number"] != number]
        row.parts = sorted(
            [*others, {"number": number, "size": part.size, "etag": part.etag}],
            key=lambda known: known["number"],
        )
        row.received = sum(known["size"] for known in row.parts)
        row.expires_at = now + settings.UPLOAD_KEPT
        row.save(update_fields=["parts", "received", "expires_at"])
    return part


def complete(*, upload: Upload, now: datetime) -> Upload:
    """Join the parts; the bytes then wait for a job. Doing it again changes nothing.

    :raises BadInputError: parts are missing, or were lost since they arrived.
    :raises NotAllowedError: the upload is gone.
    """
    if upload.state == Upload.State.RECEIVED:
        return upload
    store = get_store()
    if upload.size == 0:
        with store.writer(object_key(upload)):
            pass
        if upload.store_id:  # somebody sent a part of no bytes
            store.abort(object_key(upload), upload.store_id)
    else:
        if upload.received != upload.size:
            missing = upload.size - upload.received
            raise BadInputError(
                f"“{upload.path}” is not complete: {missing} bytes are missing.", code="upload_incomplete"
            )
        parts = [Part(**known) for known in upload.parts]
        try:
            store.complete(object_key(upload), upload.store_id, parts)
        except PartsLostError as error:
            _forget_parts(upload, error.numbers)
            raise BadInputError(
                f"Parts of “{upload.path}” were lost when the server stopped without warning. Send them again.",
                code="upload_incomplete",
            ) from error
        except StoreError as error:
            # An answer that was lost on its way: the parts were joined by an earlier try.
            if not _is_whole(upload, store):
                if isinstance(error, ObjectMissingError):
                    raise _gone() from None
                raise
    upload.state = Upload.State.RECEIVED
    upload.expires_at = now + settings.UPLOAD_KEPT
    if not Upload.objects.filter(pk=upload.pk).update(state=upload.state, expires_at=upload.expires_at):
        raise _gone()  # discarded meanwhile; garbage collection finds the bytes
    return upload


def _forget_parts(upload: Upload, numbers: Sequence[int]) -> None:
    with transaction.atomic():
        row = _locked(upload)
        row.parts = [known for known in row.parts if known["number"] not in numbers]
        row.received = sum(known["size"] for known in row.parts)
        row.save(update_fields=["parts", "received"])


def give_up(*, upload: Upload) -> None:
    """Forget an upload that a person does not want any more, and free its bytes.

    :raises NotAllowedError: a job is going to read it.
    """
    with transaction.atomic():
        row = _locked(upload)
        if row.job_id is not None and Job.objects.filter(pk=row.job_id).unfinished().exists():
            raise NotAllowedError("A job is reading this upload. Cancel the job first.", code="upload_in_use")
        row.delete()
    _free(row)


def discard(uploads: Iterable[Upload]) -> int:
    """Forget uploads and free their bytes; return how many bytes had arrived."""
    freed = 0
    for upload in uploads:
        _free(upload)
        freed += upload.received
        upload.delete()
    return freed


def _free(upload: Upload) -> None:
    store = get_store()
    if upload.state == Upload.State.RECEIVING and upload.store_id:
        store.abort(object_key(upload), upload.store_id)
    for staged in list(store.list(staging_prefix(staging_owner(upload)))):
        store.delete(staged.key)


def _locked(upload: Upload) -> Upload:
    """Return the upload's row, locked.

    :raises NotAllowedError: it is gone.
    """
    row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
    if row is None:
        raise _gone()
    return row


def _gone() -> NotAllowedError:
    return NotAllowedError("This upload is gone. Send the file again.", code="upload_gone")


def _complete_already() -> NotAllowedError:
    return NotAllowedError("This upload is complete already.", code="upload_complete")


def _begin(upload: Upload, store: BlobStore) -> str:
    if upload.store_id:
        return upload.store_id
    key = object_key(upload)
    begun = store.begin(key)
    # Parts that arrive together share one upload: whoever writes it down first.
    if Upload.objects.filter(pk=upload.pk, store_id="").update(store_id=begun or "-"):
        return begun or "-"
    store.abort(key, begun)
    row = Upload.objects.filter(pk=upload.pk).first()
    if row is None:
        raise _gone()
    return row.store_id


def _is_whole(upload: Upload, store: BlobStore) -> bool:
    try:
        return store.size(object_key(upload)) == upload.size
    except StoreError:
        return False


def _exactly(chunks: Iterable[bytes], length: int, path: str) -> Iterable[bytes]:
    """Pass chunks on and refuse a part that is not as long as it must be."""
    passed = 0
    for chunk in chunks:
        passed += len(chunk)
        if passed > length:
            break
        yield chunk
    if passed != length:
        raise BadInputError(
            f"A part of “{path}” has {'more' if passed > length else 'fewer'} bytes than it should. Send it again.",
            code="bad_part_size",
        )
