from __future__ import annotations

from dubbing_core.zips.layout import BlobRange, Layout, Literal
from sessions_app.exports.layout_cache import LayoutCache, estimate_memory


def a_layout(size: int = 1000) -> Layout:
    return Layout((Literal(bytes(size)), BlobRange("ab" * 32, 0, 10)))


class Planner:
    """Makes layouts and counts how often."""

    def __init__(self, *, size: int = 1000) -> None:
        self.size = size
        self.made = 0

    def __call__(self) -> Layout:
        self.made += 1
        return a_layout(self.size)


class TestKeptLayouts:
    def test_are_made_once(self):
        kept, planner = LayoutCache(), Planner()

        layouts = [kept.get("talk", planner) for _ in range(3)]

        assert planner.made == 1
        assert layouts[1] is layouts[0]

    def test_are_told_apart_by_their_keys(self):
        kept, planner = LayoutCache(), Planner()

        assert kept.get(("talk", 1), planner) is not kept.get(("talk", 2), planner)

    def test_that_were_not_used_for_longest_make_room(self):
        kept, planner = LayoutCache(limit=estimate_memory(a_layout()) * 2), Planner()
        kept.get("first", planner)
        kept.get("second", planner)
        kept.get("first", planner)

        kept.get("third", planner)

        assert planner.made == 3
        kept.get("first", planner)
        assert planner.made == 3
        kept.get("second", planner)
        assert planner.made == 4

    def test_that_would_fill_the_memory_are_not_kept(self):
        limit = estimate_memory(a_layout()) * 10
        kept, large, small = LayoutCache(limit=limit), Planner(size=limit), Planner()
        kept.get("small", small)

        for _ in range(2):
            kept.get("large", large)
        kept.get("small", small)

        assert (large.made, small.made) == (2, 1)
