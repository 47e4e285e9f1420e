"""Fixtures ``world`` of modules whose tests change rows alone."""

from __future__ import annotations

import pytest

from tests.world import World


@pytest.fixture
def world_of_rows(db: None) -> World:
    """Three users and a clock, in a transaction that is rolled back; the store and the broker are not prepared."""
    return World.create()
