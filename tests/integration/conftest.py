from __future__ import annotations

import pytest
from django.core.cache import cache

from sessions_app.api.rates import counter
from sessions_app.storage import get_store
from tests.world import World, stored_keys


@pytest.fixture(autouse=True)
def _reset_rate_limits() -> None:
    """Reset all rate limits: their keys contain primary keys, which repeat from test to test."""
    cache.clear()
    counter.clear()


@pytest.fixture
def world(transactional_db: None, broker: str) -> World:
    """Three people, a clock, and an empty store. Transactions are real: jobs use threads of their own."""
    store = get_store()
    for key in stored_keys():
        store.delete(key)
    for upload in list(store.open_uploads("staging/")):
        store.abort(upload.key, upload.upload_id)
    return World.create()
