"""Keeps layouts for a while: whoever downloads an archive in ranges, or resumes, has it planned once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from dubbing_core.zips.layout import Layout, Literal

KEPT_SIZE = 32 * 1024 * 1024
"""Bytes of memory that kept layouts may take; one that would take more than half of them is not kept."""
SEGMENT_SIZE = 400
"""Bytes that a segment takes besides a literal's data: objects, a digest as text, two numbers."""


class KeptLayouts:
    """The layouts used last, by whatever decides all of their bytes. Any number of threads may ask."""

    def __init__(self, *, limit: int = KEPT_SIZE) -> None:
        self._limit = limit
        self._layouts: OrderedDict[Hashable, Layout] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Layout]) -> Layout:
        """Return the layout that is kept under the key, or make it; two threads at once may both make it."""
        with self._lock:
            if (kept := self._layouts.get(key)) is not None:
                self._layouts.move_to_end(key)
                return kept
        layout = make()
        if (size := memory_of(layout)) <= self._limit // 2:
            with self._lock:
                if key not in self._layouts:
                    self._layouts[key] = layout
                    self._size += size
                while self._size > self._limit:
                    _, oldest = self._layouts.popitem(last=False)
                    self._size -= memory_of(oldest)
        return layout


def memory_of(layout: Layout) -> int:
    """Return about how many bytes of memory the layout takes."""
    literals = (segment.size for segment in layout.segments if isinstance(segment, Literal))
    return sum(literals) + SEGMENT_SIZE * len(layout.segments)
