from __future__ import annotations

from dubbing_core.zips.layout import BlobRange, Layout, Literal
from sessions_app.exports.layout_cache import LayoutCache, estimate_memory


def make_layout(size: int = 1000) -> Layout:
    return Layout((Literal(bytes(size)), BlobRange("ab" * 32, 0, 10)))


class Planner:
    """Build layouts and count them."""

    def __init__(self, *, size: int = 1000) -> None:
        self.size = size
        self.count = 0

    def __call__(self) -> Layout:
        self.count += 1
        return make_layout(self.size)


class TestLayoutCache:
    def test_builds_a_layout_once(self):
        cache, planner = LayoutCache(), Planner()

        layouts = [cache.get("talk", planner) for _ in range(3)]

        assert planner.count == 1
        assert layouts[1] is layouts[0]

    def test_distinguishes_keys(self):
        cache, planner = LayoutCache(), Planner()

        assert cache.get(("talk", 1), planner) is not cache.get(("talk", 2), planner)

    def test_evicts_the_least_recently_used_layout(self):
        cache, planner = LayoutCache(limit=estimate_memory(make_layout()) * 2), Planner()
        cache.get("first", planner)
        cache.get("second", planner)
        cache.get("first", planner)

        cache.get("third", planner)

        assert planner.count == 3
        cache.get("first", planner)
        assert planner.count == 3
        cache.get("second", planner)
        assert planner.count == 4

    def test_does_not_cache_a_layout_that_is_too_large(self):
        limit = estimate_memory(make_layout()) * 10
        cache, large, small = LayoutCache(limit=limit), Planner(size=limit), Planner()
        cache.get("small", small)

        for _ in range(2):
            cache.get("large", large)
        cache.get("small", small)

        assert (large.count, small.count) == (2, 1)
