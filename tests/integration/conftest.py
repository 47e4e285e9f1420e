from __future__ import annotations

import pytest

from sessions_app.blobs import get_store
from tests.world import World, stored_keys


@pytest.fixture
def world(transactional_db: None, broker: str) -> World:
    """Three people, a clock, and an empty store. Transactions are real: jobs use threads of their own."""
    store = get_store()
    for key in stored_keys():
        store.delete(key)
    for upload in list(store.open_uploads("staging/")):
        store.abort(upload.key, upload.upload_id)
    return World.create()
