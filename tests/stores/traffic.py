"""Counter of the bytes and requests between an S3 client and its server."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from sessions_app.storage.s3 import S3Store


class Traffic:
    def __init__(self, store: S3Store) -> None:
        self.sent = 0
        """Bytes of bodies, not of headers."""
        self.received = 0
        self.requests: Counter[str] = Counter()
        self._lock = threading.Lock()
        events = store.objects.client.meta.events
        events.register("before-send.s3", self._count_sent)
        events.register("after-call.s3", self._count_received)

    def _count_sent(self, request: Any, event_name: str, **_: object) -> None:
        body = request.body
        with self._lock:
            self.requests[event_name.rpartition(".")[2]] += 1
            if body is not None:
                self.sent += len(body) if hasattr(body, "__len__") else len(body.getvalue())

    def _count_received(self, http_response: Any, event_name: str, **_: object) -> None:
        if event_name.endswith(".HeadObject"):  # its Content-Length is that of a body that is not sent
            return
        with self._lock:
            self.received += int(http_response.headers.get("Content-Length", 0))
