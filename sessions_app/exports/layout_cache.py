"""Cache of layouts: an archive downloaded in ranges, or resumed, is planned once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from dubbing_core.zips.layout import Layout, Literal

CACHE_SIZE = 32 * 1024 * 1024
"""Bytes of memory; a layout that would use more than half of them is not cached."""
SEGMENT_SIZE = 400
"""Bytes that a segment uses besides a literal's data: objects, a digest as text, two numbers."""


class LayoutCache:
    """The most recently used layouts. Thread-safe.

    A layout's key determines all of its bytes.
    """

    def __init__(self, *, limit: int = CACHE_SIZE) -> None:
        self._limit = limit
        self._layouts: OrderedDict[Hashable, Layout] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, build: Callable[[], Layout]) -> Layout:
        """Return the cached layout, or build it; two threads at once may both build it."""
        with self._lock:
            if (cached := self._layouts.get(key)) is not None:
                self._layouts.move_to_end(key)
                return cached
        layout = build()
        if (size := estimate_memory(layout)) <= self._limit // 2:
            with self._lock:
                if key not in self._layouts:
                    self._layouts[key] = layout
                    self._size += size
                while self._size > self._limit:
                    _, oldest = self._layouts.popitem(last=False)
                    self._size -= estimate_memory(oldest)
        return layout


def estimate_memory(layout: Layout) -> int:
    """Return approximately how many bytes of memory the layout uses."""
    literals = (segment.size for segment in layout.segments if isinstance(segment, Literal))
    return sum(literals) + SEGMENT_SIZE * len(layout.segments)
