"""Queue of requests that have arrived and wait for their turn in a web process.

API requests overtake pages, and start beside more requests than a page does: a save is a sequence of them, and would wait for pages with each,
while a page is one request.
Pages still get a share of the turns, and each caller only overtakes with a few requests at a time.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from dubbing_sessions.request_head import find_api_caller

Request = TypeVar("Request")

END_TURN = "dubbing_sessions.end_turn"
"""Key in the WSGI environment of a function that ends the request's turn: it is going to wait."""
MAX_BUSY = 4
"""Requests that a process handles at a time.

Threads of a process take turns at Python. With a thread for each waiting request, each query of a page would wait for all others.
"""
MAX_BUSY_FOR_PAGES = 2
"""Requests in progress with which no page starts: an API request finds few threads that it shares Python with."""
MAX_OVERTAKING = 2
"""API requests that start one after the other while a page waits."""
MAX_PER_CALLER = 2
"""API requests of a caller, waiting or in progress, that overtake pages; its others wait like pages."""


@dataclass(frozen=True, kw_only=True)
class _Waiting(Generic[Request]):
    request: Request
    caller: bytes | None
    """Credentials of an API request that overtakes pages; otherwise None."""


class RequestQueue(Generic[Request]):
    """Requests in the order in which they came; API requests overtake pages."""

    def __init__(self) -> None:
        self._api: deque[_Waiting[Request]] = deque()
        self._others: deque[_Waiting[Request]] = deque()
        self._overtaking = 0
        """API requests started since the last other one, while others waited."""
        self._callers: Counter[bytes] = Counter()

    def __len__(self) -> int:
        return len(self._api) + len(self._others)

    def push(self, request: Request, head: bytes | bytearray) -> None:
        """Add a request; ``head`` starts with its request line and header fields."""
        caller = find_api_caller(head)
        if caller is not None and self._callers[caller] < MAX_PER_CALLER:
            self._callers[caller] += 1
            self._api.append(_Waiting(request=request, caller=caller))
        else:
            self._others.append(_Waiting(request=request, caller=None))

    def pop(self, busy: int) -> tuple[Request, bytes | None] | None:
        """Remove the next request.

        :param busy: number of requests in progress.
        :returns: the request, and what to pass to `end` when it has ended; None if none may start yet.
        """
        is_overtaken = self._overtaking >= MAX_OVERTAKING
        is_api = bool(self._api) and not (self._others and is_overtaken)
        queue = self._api if is_api else self._others
        if not queue or busy >= (MAX_BUSY if is_api or is_overtaken else MAX_BUSY_FOR_PAGES):
            return None
        self._overtaking = self._overtaking + 1 if is_api and self._others else 0
        waiting = queue.popleft()
        return waiting.request, waiting.caller

    def end(self, caller: bytes | None) -> None:
        """Let the caller of a request that has ended overtake again."""
        if caller is not None:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]
