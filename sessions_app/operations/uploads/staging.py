"""Staged bytes: where an upload's bytes are stored until a job has ingested them."""

from __future__ import annotations

from sessions_app.models import Upload
from sessions_app.storage import get_store
from sessions_app.storage.keys import staging_key, staging_prefix


def object_key(upload: Upload) -> str:
    """Return the key of the received bytes."""
    return staging_key(_owner_name(upload), "file")


def delete_staged_bytes(upload: Upload) -> None:
    """Delete the upload's bytes, and abort its unfinished multipart upload."""
    if not upload.has_staged_bytes:
        return
    store = get_store()
    if upload.state == Upload.State.RECEIVING and upload.store_id:
        store.abort(object_key(upload), upload.store_id)
    for staged in list(store.list(staging_prefix(_owner_name(upload)))):
        store.delete(staged.key)


def _owner_name(upload: Upload) -> str:
    return f"upload-{upload.code}"
