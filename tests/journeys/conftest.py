from __future__ import annotations

import pytest

from tests.journeys.portal import Portal


@pytest.fixture
def portal(shared_portal: Portal) -> Portal:
    """The shared portal, with all its processes running."""
    shared_portal.recover()
    return shared_portal
