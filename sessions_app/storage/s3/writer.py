"""Objects written from the first byte to the last."""

from __future__ import annotations

from sessions_app.storage.s3.objects import S3Objects
from sessions_app.storage.s3.uploads import S3Uploads
from sessions_app.storage.store import Part


class S3Writer:
    """Writer that sends a small object in one request, a larger one in parts.

    Holds one part in memory.
    """

    def __init__(self, objects: S3Objects, uploads: S3Uploads, key: str, part_size: int) -> None:
        self._objects = objects
        self._uploads = uploads
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
                    self._send_part()
            return position

    def finish(self) -> None:
        if self._upload_id is None:
            self._objects.put(self._key, self._buffer)
            return
        if self._buffer:
            self._send_part()
        self._uploads.join_new(self._key, self._upload_id, self._parts)

    def discard(self) -> None:
        if self._upload_id is not None:
            self._uploads.abort_after_error(self._key, self._upload_id)

    def _send_part(self) -> None:
        if self._upload_id is None:
            self._upload_id = self._uploads.begin(self._key)
        number = len(self._parts) + 1
        self._parts.append(self._uploads.send_part(self._key, self._upload_id, number, self._buffer))
        self._buffer.clear()
