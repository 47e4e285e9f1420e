from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.portal import Portal, running_portal
from tests.services.stacks import Stack


@pytest.fixture(scope="module")
def portal(stack: Stack) -> Iterator[Portal]:
    """A portal in separate processes; one per module, because a start takes seconds."""
    with running_portal(stack) as portal:
        yield portal
