from __future__ import annotations

import pytest

from sessions_app.blobs.memory import MemoryStore
from tests.stores.suite import StoreSuite


@pytest.fixture
def store():
    return MemoryStore()


class TestMemoryStore(StoreSuite):
    pass
