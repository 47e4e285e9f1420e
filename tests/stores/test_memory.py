from __future__ import annotations

import pytest

from sessions_app.blobs.memory import MemoryStore
from sessions_app.zips.parts import PartLimits
from tests.stores.suite import CopyingSuite, StoreSuite


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def copying():
    return MemoryStore(limits=PartLimits())


class TestMemoryStore(StoreSuite):
    pass


class TestMemoryCopier(CopyingSuite):
    pass
