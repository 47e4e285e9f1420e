"""Sizes and names as text; `frontend/tests/format.test.js` reads the same cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dubbing_core.paths import escape_unprintable
from dubbing_core.sizes import format_size

CASES = json.loads(Path(__file__).with_name("shown_texts.json").read_bytes())


@pytest.mark.parametrize(("size", "shown"), CASES["sizes"])
def test_sizes_have_binary_units(size: int, shown: str):
    assert format_size(size) == shown


@pytest.mark.parametrize(("name", "shown"), CASES["names"])
def test_control_and_bidirectional_characters_are_shown(name: str, shown: str):
    assert escape_unprintable(name) == shown
