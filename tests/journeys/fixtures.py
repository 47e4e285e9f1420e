"""A portal in separate processes, shared by all tests of a stack, since its start takes 10 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.portal import Portal, running_portal
from tests.services.stacks import Stack


@pytest.fixture(scope="session")
def shared_portal(stack: Stack) -> Iterator[Portal]:
    with running_portal(stack) as portal:
        yield portal
