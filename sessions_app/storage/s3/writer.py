"""Objects that are written from their first byte to their last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_app.storage.store import Part

if TYPE_CHECKING:
    from sessions_app.storage.s3.store import S3Store


class Writer:
    """Sends what is written as one object if it is small, in parts otherwise; holds one part in memory."""

    def __init__(self, store: S3Store, key: str, part_size: int) -> None:
        self._store = store
        self._key = key
        self._part_size = part_size
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[Part] = []

    def write(self, data: bytes | memoryview, /) -> int:
        with memoryview(data) as view:
            position = 0
            while position < len(view):
                piece = view[position : position + self._part_size - len(self._buffer)]
                self._buffer += piece
                position += len(piece)
                if len(self._buffer) == self._part_size:
                    self._send()
            return position

    def finish(self) -> None:
        if self._upload_id is None:
            self._store.put(self._key, self._buffer)
            return
        if self._buffer:
            self._send()
        self._store.join_parts(self._key, self._upload_id, self._parts)

    def discard(self) -> None:
        if self._upload_id is not None:
            self._store.give_up(self._key, self._upload_id)

    def _send(self) -> None:
        if self._upload_id is None:
            self._upload_id = self._store.begin(self._key)
        number = len(self._parts) + 1
        self._parts.append(self._store.send_part(self._key, self._upload_id, number, self._buffer))
        self._buffer.clear()
