"""Staged bytes: where an upload's bytes are stored until a job has ingested them."""

from __future__ import annotations

import secrets

from sessions_app.models import Upload
from sessions_app.storage import get_store
from sessions_app.storage.keys import staging_key, staging_prefix

WHOLE = "whole-"
"""Start of the `store_id` of an upload that one request sent as a whole; no store's own ids start like this."""


def new_whole_id() -> str:
    """Return a `store_id` for an upload without parts: its object's name."""
    return f"{WHOLE}{secrets.token_hex(8)}"


def object_key(upload: Upload) -> str:
    """Return the key of the received bytes."""
    name = upload.store_id if upload.store_id.startswith(WHOLE) else "file"
    return staging_key(_owner_name(upload), name)


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
