"""The cache without its server: the socket of these tests does not exist."""

from __future__ import annotations

import pytest

from dubbing_sessions.cache_backend import SharedCache
from sessions_app.api.rates import RequestCounter


@pytest.fixture
def cache(tmp_path) -> SharedCache:
    cache = SharedCache(f"unix://{tmp_path}/missing.sock?db=1", {})
    cache.clear()
    return cache


def test_the_cache_works_in_memory(cache: SharedCache):
    cache.set("a", 1)
    cache.set_many({"b": 2, "c": [3]})

    assert cache.add("a", 5) is False
    assert cache.incr("a") == 2
    assert cache.get_many(["a", "b", "c", "d"]) == {"a": 2, "b": 2, "c": [3]}
    assert "a" in cache
    assert cache.touch("a", 100)
    assert cache.delete("a")
    cache.delete_many(["b"])
    assert cache.get_or_set("b", 7) == 7
    cache.clear()
    assert cache.get("c", "none") == "none"


def test_rate_limits_work_in_memory(tmp_path):
    counter = RequestCounter(f"unix://{tmp_path}/missing.sock?db=1")

    assert [counter.count("key", limit=2) > 0 for _ in range(4)] == [False, False, True, True]
    counter.clear()
    assert counter.count("key", limit=2) == 0
