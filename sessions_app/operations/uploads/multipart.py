"""Multipart upload in the store: check that it accepts parts, initiate it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dubbing_core.sentences import sentence
from sessions_app.models import Upload
from sessions_app.models.commits import deferred_sync
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.uploads.errors import UploadCompleteError, UploadDeletedError
from sessions_app.operations.uploads.parts import part_count
from sessions_app.operations.uploads.staging import object_key
from sessions_app.storage.store import BlobStore


def check_accepts_parts(upload: Upload, numbers: Sequence[int], *, now: datetime) -> None:
    """Refuse parts that the upload does not accept.

    :raises BadInputError: there is no such part.
    :raises NotAllowedError: the upload is complete or has expired.
    """
    if upload.state != Upload.State.RECEIVING:
        raise UploadCompleteError
    if upload.expires_at <= now:
        raise NotAllowedError(sentence("This upload has expired. Start it again."), code="upload_expired")
    for number in numbers:
        if not 1 <= number <= part_count(upload):
            raise BadInputError(
                sentence("%(label)s has no part %(number)s.", label=upload.label, number=number),
                code="part_not_found",
            )


def initiate_multipart(upload: Upload, store: BlobStore) -> str:
    """Return the store's id of the multipart upload, initiated if there is none.

    :raises UploadDeletedError: the upload's row was deleted in the meantime.
    :raises UploadCompleteError: another request has sent the whole upload.
    """
    if upload.store_id:
        return upload.store_id
    key = object_key(upload)
    store_id = store.begin(key)
    # Parts that arrive at once share one multipart upload: the first one recorded.
    with deferred_sync():
        is_first = Upload.objects.filter(pk=upload.pk, store_id="").update(store_id=store_id or "-")
    if is_first:
        return store_id or "-"
    store.abort(key, store_id)
    row = Upload.objects.filter(pk=upload.pk).first()
    if row is None:
        raise UploadDeletedError
    if row.state != Upload.State.RECEIVING:
        raise UploadCompleteError
    return row.store_id
