"""Blob store in a bucket."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from storages.backends.s3 import S3Storage

from dubbing_core.zips.multipart import PartLimits
from sessions_app.storage.copy_support import supports_range_copy
from sessions_app.storage.errors import ObjectMissingError, StoreError, StoreUnavailableError
from sessions_app.storage.keys import checked
from sessions_app.storage.part_sizes import choose_part_size, collect_part, get_joined_size
from sessions_app.storage.s3 import bucket
from sessions_app.storage.s3.client import copy_storage
from sessions_app.storage.s3.copier import S3Copier
from sessions_app.storage.s3.errors import translate_errors
from sessions_app.storage.s3.objects import S3Objects
from sessions_app.storage.s3.part_signer import S3PartSigner
from sessions_app.storage.s3.read_signer import S3ReadSigner
from sessions_app.storage.s3.uploads import S3Uploads
from sessions_app.storage.s3.writer import S3Writer
from sessions_app.storage.store import (
    CHUNK_SIZE,
    PART_SIZE,
    Capabilities,
    ObjectWriter,
    OpenUpload,
    Part,
    RangeCopier,
    StoredObject,
)

logger = logging.getLogger(__name__)

_READ_ATTEMPTS = 3


class S3Store:
    def __init__(
        self,
        storage: S3Storage,
        *,
        server_side_copy: bool | None = None,
        uniform_parts: bool = False,
        direct_uploads: bool = False,
        direct_reads: bool = False,
        public_endpoint_url: str | None = None,
    ) -> None:
        """Use the bucket, credentials and options of a Django storage.

        :param server_side_copy: whether the server copies ranges; None tests it at the first use.
        :param uniform_parts: the server requires all parts of an object but the last to have one size.
        :param direct_uploads: browsers and clients may send parts to the server instead of through this process.
        :param direct_reads: browsers may play media from the server, instead of through this process.
        :param public_endpoint_url: the server's address for them, if it differs from the internal one.
        """
        storage = copy_storage(storage)
        self.objects = S3Objects(storage)
        self.uploads = S3Uploads(self.objects)
        self._copier = S3Copier(self.objects, self.uploads, PartLimits(is_uniform=uniform_parts))
        self._can_copy = server_side_copy
        self._copy_test_lock = threading.Lock()
        signer = S3PartSigner(storage, self.objects, self.uploads, public_endpoint_url)
        self.capabilities = Capabilities(
            remote=True,
            server_side_copy=self._get_copier,
            direct_parts=signer if direct_uploads else None,
            direct_reads=S3ReadSigner(storage, self.objects, public_endpoint_url) if direct_reads else None,
            prepare=functools.partial(bucket.prepare, self.objects.client, self.objects.bucket),
        )

    def size(self, key: str) -> int:
        return self.objects.get_size(key)

    def read(self, key: str, start: int, end: int) -> Iterator[bytes]:
        position, failures = start, 0
        if start >= end:
            self.size(key)
        while position < end and failures < _READ_ATTEMPTS:
            before = position
            body = self.objects.open_range(key, position, end)
            try:
                with translate_errors(key), closing(body):
                    for chunk in body.iter_chunks(CHUNK_SIZE):
                        position += len(chunk)
                        yield chunk
            except StoreUnavailableError:
                # Connections break in the middle of gigabytes: the next request resumes at this byte.
                logger.info("Reading %s broke off at byte %d.", key, position, exc_info=True)
            failures = failures + 1 if position == before else 0
        if position < end:
            raise StoreUnavailableError(key)

    @contextmanager
    def writer(self, key: str, *, size: int | None = None, durable: bool = True) -> Iterator[ObjectWriter]:
        del durable  # an acknowledged object always is
        writer = S3Writer(self.objects, self.uploads, checked(key), choose_part_size(size))
        try:
            yield writer
            writer.finish()
        except BaseException:
            writer.discard()
            raise

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        for key, data in objects:
            self.objects.put(key, bytearray(data))

    def promote(self, staged: str, key: str, *, is_durable: bool = False) -> None:
        del is_durable  # every object is
        checked(staged)
        if not self.objects.exists(key):
            try:
                self.objects.copy(staged, key)
            except ObjectMissingError:
                # Another process may have promoted it in the meantime.
                if not self.objects.exists(key):
                    raise
        self.delete(staged)

    def begin(self, key: str) -> str:
        return self.uploads.begin(key)

    def put_part(
        self, key: str, upload_id: str, number: int, chunks: Iterable[bytes], *, part_size: int = PART_SIZE
    ) -> Part:
        part = collect_part(checked(key), number, chunks, part_size=part_size)
        return self.uploads.send_part(key, upload_id, number, part)

    def complete(
        self, key: str, upload_id: str, parts: Sequence[Part], *, part_size: int = PART_SIZE
    ) -> None:
        get_joined_size(checked(key), parts, part_size=part_size)
        if not parts:  # S3 cannot join none
            self.objects.put(key, bytearray())
            self.abort(key, upload_id)
        elif not self.objects.exists(key):
            self.uploads.join(key, upload_id, parts)
        # An upload whose object exists is not aborted: on Swift that could delete the parts of the object.

    def abort(self, key: str, upload_id: str) -> None:
        self.uploads.abort(key, upload_id)

    def open_uploads(self, prefix: str) -> Iterator[OpenUpload]:
        return self.uploads.list_open(prefix)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        return self.objects.list(prefix)

    def delete(self, key: str) -> None:
        self.objects.delete(key)

    def delete_all(self, keys: Sequence[str]) -> None:
        self.objects.delete_all(keys)

    def _get_copier(self, sample: str) -> RangeCopier | None:
        with self._copy_test_lock:
            if self._can_copy is None:
                try:
                    self._can_copy = supports_range_copy(self._copier, store=self, source=sample)
                except StoreError:
                    logger.warning("Whether the storage copies ranges could not be tested.", exc_info=True)
                    return None
                if not self._can_copy:
                    logger.warning("The storage does not copy ranges: exports pass through the worker.")
            return self._copier if self._can_copy else None
