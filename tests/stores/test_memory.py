from __future__ import annotations

import pytest

from dubbing_core.zips.multipart import PartLimits
from tests.stores.memory import MemoryStore
from tests.stores.suite import MIB, CopyingSuite, ExtractionSuite, StoreSuite


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


class TestMemoryRanges(ExtractionSuite):
    pass


class TestMemoryRangesInEqualParts(ExtractionSuite):
    @pytest.fixture
    def copying(self):
        return MemoryStore(limits=PartLimits(min_size=MIB, copy_size=4 * MIB, is_uniform=True))
