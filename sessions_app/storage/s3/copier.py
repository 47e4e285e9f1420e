"""Objects composed of ranges of other objects, copied by the store itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dubbing_core.zips.multipart import PartLimits
from sessions_app.storage.errors import PartsRefusedError
from sessions_app.storage.keys import checked
from sessions_app.storage.s3.objects import S3Objects
from sessions_app.storage.s3.uploads import S3Uploads
from sessions_app.storage.store import NewObject, Part


class S3Copier:
    def __init__(self, objects: S3Objects, uploads: S3Uploads, limits: PartLimits) -> None:
        self._objects = objects
        self._uploads = uploads
        self.limits = limits

    @contextmanager
    def create_object(self, key: str) -> Iterator[NewObject]:
        new = _NewObject(self._objects, self._uploads, checked(key))
        try:
            yield new
            new.finish()
        except BaseException:
            self._uploads.abort_after_error(key, new.upload_id)
            raise


class _NewObject:
    def __init__(self, objects: S3Objects, uploads: S3Uploads, key: str) -> None:
        self.upload_id = uploads.begin(key)
        self._objects = objects
        self._uploads = uploads
        self._key = key
        self._parts: dict[int, Part] = {}

    def send(self, number: int, data: bytearray) -> None:
        self._parts[number] = self._uploads.send_part(self._key, self.upload_id, number, data)

    def copy(self, number: int, source: str, start: int, end: int) -> None:
        self._parts[number] = self._uploads.copy_part(
            self._key, self.upload_id, number, source=source, start=start, end=end
        )

    def finish(self) -> None:
        """Join the parts.

        :raises PartsRefusedError: the size of the object is not the sum of its parts.
        """
        parts = [self._parts[number] for number in sorted(self._parts)]
        joined = self._uploads.join_new(self._key, self.upload_id, parts)
        if joined and self._objects.get_size(self._key) != sum(part.size for part in parts):
            self._objects.delete(self._key)
            raise PartsRefusedError(self._key, "The storage did not join the parts as they are.")
