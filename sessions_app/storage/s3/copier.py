"""Objects that are made of ranges of others, which the store copies by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dubbing_core.zips.multipart import PartLimits
from sessions_app.storage.keys import checked
from sessions_app.storage.store import NewObject, Part, PartsRefusedError

if TYPE_CHECKING:
    from sessions_app.storage.s3.store import S3Store


class Copier:
    def __init__(self, store: S3Store, limits: PartLimits) -> None:
        self._store = store
        self.limits = limits

    @contextmanager
    def new_object(self, key: str) -> Iterator[NewObject]:
        new = _NewObject(self._store, checked(key), self._store.begin(key))
        try:
            yield new
            new.finish()
        except BaseException:
            self._store.give_up(key, new.upload_id)
            raise


class _NewObject:
    def __init__(self, store: S3Store, key: str, upload_id: str) -> None:
        self.upload_id = upload_id
        self._store = store
        self._key = key
        self._parts: dict[int, Part] = {}

    def send(self, number: int, data: bytearray) -> None:
        self._parts[number] = self._store.send_part(self._key, self.upload_id, number, data)

    def copy(self, number: int, source: str, start: int, end: int) -> None:
        self._parts[number] = self._store.copy_part(
            self._key, self.upload_id, number, source=source, start=start, end=end
        )

    def finish(self) -> None:
        """Join the parts.

        :raises PartsRefusedError: the server made something else of them.
        """
        parts = [self._parts[number] for number in sorted(self._parts)]
        joined = self._store.join_parts(self._key, self.upload_id, parts)
        if joined and self._store.size(self._key) != sum(part.size for part in parts):
            self._store.delete(self._key)
            raise PartsRefusedError(self._key, "The storage did not join the parts as they are.")
