"""Storage self-test: uses every operation that the portal needs."""

from __future__ import annotations

import http
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from email.message import Message
from uuid import uuid4

from dubbing_core.zips.multipart import LARGE_MEMBER_SIZE
from sessions_app.storage.check_result import CheckResult, Outcome
from sessions_app.storage.copy_support import supports_range_copy
from sessions_app.storage.errors import StoreError
from sessions_app.storage.keys import staging_key, staging_prefix
from sessions_app.storage.signed_requests import allows_origin, describe_refused_player, request
from sessions_app.storage.store import (
    PART_SIZE,
    BlobStore,
    DirectParts,
    DirectReads,
    Part,
    SignedPart,
)

SMALL = b"0123456789"
SIGNED_FOR = timedelta(minutes=5)
CORS_ATTEMPTS = 10
"""Preflight requests, one per second: new CORS rules take a moment to become effective."""


def check_store(store: BlobStore, *, origins: Sequence[str]) -> Iterator[CheckResult]:
    """Prepare the store and test its operations; yield the result of each check.

    Nothing remains in the store. Ends early when the remaining checks would all fail.

    :param origins: those of the portal's pages, the main one first.
    """
    direct = store.capabilities.direct_parts
    cors_attempts = 1
    reads = store.capabilities.direct_reads
    for result in store.capabilities.prepare(origins if direct or reads else ()):
        yield result
        if result.check == "cors-rules" and result.outcome is Outcome.OK:
            cors_attempts = CORS_ATTEMPTS
        if result.outcome is Outcome.FAILED:
            return
    # Named like a nonexistent upload: if this process is killed, garbage collection deletes the objects.
    owner = f"upload-{uuid4()}"
    checks = _Checks(store, owner)
    try:
        for check in (checks.check_write, checks.check_read, checks.check_list):
            result = check()
            yield result
            if result.outcome is Outcome.FAILED:
                return
        if direct is None:
            yield checks.check_parts()
        else:
            yield from checks.check_direct_parts(direct, origins[0], cors_attempts=cors_attempts)
        if reads is not None:
            yield checks.check_direct_reads(reads, origins[0])
        if store.capabilities.remote and checks.has_large_object:
            yield checks.check_copy()
        yield checks.check_delete()
    finally:
        checks.clean_up()


class _Checks:
    def __init__(self, store: BlobStore, owner: str) -> None:
        self._store = store
        self._prefix = staging_prefix(owner)
        self._small = staging_key(owner, "small")
        self._large = staging_key(owner, "large")
        # Together large enough for copying a range.
        self._head, self._tail = os.urandom(PART_SIZE), os.urandom(max(1, LARGE_MEMBER_SIZE - PART_SIZE))
        self.has_large_object = False

    def check_write(self) -> CheckResult:
        try:
            with self._store.writer(self._small) as writer:
                writer.write(SMALL)
        except StoreError as error:
            return CheckResult.failed("write", _describe_error(error))
        return CheckResult.ok("write", "Objects can be written.")

    def check_read(self) -> CheckResult:
        try:
            read = b"".join(self._store.read(self._small, 3, 7))
        except StoreError as error:
            return CheckResult.failed("read", _describe_error(error))
        if read != SMALL[3:7]:
            return CheckResult.failed("read", "The storage returned other bytes than the requested range.")
        return CheckResult.ok("read", "Ranges of objects can be read.")

    def check_list(self) -> CheckResult:
        try:
            keys = [stored.key for stored in self._store.list(self._prefix)]
        except StoreError as error:
            return CheckResult.failed("list", _describe_error(error))
        if keys != [self._small]:
            return CheckResult.failed("list", "The storage does not list an object that was just written.")
        return CheckResult.ok("list", "New objects are listed at once.")

    def check_parts(self) -> CheckResult:
        try:
            upload_id = self._store.begin(self._large)
            parts = [
                self._store.put_part(self._large, upload_id, number, [data])
                for number, data in enumerate((self._head, self._tail), start=1)
            ]
            return self._check_join(upload_id, parts)
        except StoreError as error:
            return CheckResult.failed("parts", _describe_error(error))

    def check_direct_parts(
        self, direct: DirectParts, origin: str, *, cors_attempts: int
    ) -> Iterator[CheckResult]:
        """Send parts as a browser on a page of this origin would."""
        try:
            upload_id = self._store.begin(self._large)
            head, tail = (
                direct.sign_part(self._large, upload_id, number, size=len(data), expires_in=SIGNED_FOR)
                for number, data in enumerate((self._head, self._tail), start=1)
            )
        except StoreError as error:
            yield CheckResult.failed("parts", _describe_error(error))
            return
        try:
            yield _check_preflight(head, origin, attempts=cors_attempts)
            yield _check_signed_part(head, self._head, origin)
            yield _check_signed_length(tail)
            _request("PUT", tail, data=self._tail)
        except OSError as error:
            yield CheckResult.warning(
                "direct-parts",
                f"{direct.origin} cannot be reached from this machine ({error}); browsers were not tested.",
            )
            yield self.check_parts()
            return
        try:
            yield self._check_join(upload_id, direct.list_parts(self._large, upload_id))
        except StoreError as error:
            yield CheckResult.failed("parts", _describe_error(error))

    def check_direct_reads(self, reads: DirectReads, origin: str) -> CheckResult:
        """Read an object as a player on a page of this origin would."""
        try:
            url = reads.sign_read(
                self._small,
                content_type="video/mp4",
                disposition="inline",
                cache_control="private",
                expires_in=SIGNED_FOR,
            )
            sent = {"Origin": origin, "Range": "bytes=3-6"}
            status, headers, body = request("GET", url, headers=sent)
        except (OSError, StoreError) as error:
            return CheckResult.warning(
                "direct-media",
                f"{reads.origin} cannot be reached from this machine ({error}); media pass through the portal.",
            )
        if (status, body) != (http.HTTPStatus.PARTIAL_CONTENT, SMALL[3:7]):
            return CheckResult.warning(
                "direct-media",
                f"The storage refused a signed address with status {status}. Check S3_PUBLIC_ENDPOINT_URL and S3_REGION; "
                "set S3_DIRECT_MEDIA to False if it does not support them.",
            )
        if headers.get_content_type() != "video/mp4" or headers.get("Content-Disposition") != "inline":
            return CheckResult.warning(
                "direct-media",
                "The storage does not send media with the type that was signed. Set S3_DIRECT_MEDIA to False.",
            )
        if not allows_origin(headers, origin):
            return CheckResult.warning("direct-media", describe_refused_player(origin))
        return CheckResult.ok("direct-media", f"Players on {origin} may read media from the storage.")

    def check_copy(self) -> CheckResult:
        try:
            copier = self._store.capabilities.server_side_copy(self._large)
            copied = copier is not None and supports_range_copy(copier, store=self._store, source=self._large)
        except StoreError as error:
            return CheckResult.failed("copy", _describe_error(error))
        if copied:
            return CheckResult.ok(
                "copy", "The storage copies ranges by itself: exports do not pass through the worker."
            )
        if copier is not None:
            return CheckResult.failed(
                "copy", "The storage does not copy ranges. Set S3_SERVER_SIDE_COPY to False."
            )
        return CheckResult.warning(
            "copy", "The storage does not copy ranges: exports pass through the worker."
        )

    def check_delete(self) -> CheckResult:
        try:
            for key in (self._small, self._large):
                self._store.delete(key)
            left = [stored.key for stored in self._store.list(self._prefix)]
        except StoreError as error:
            return CheckResult.failed("delete", _describe_error(error))
        if left:
            return CheckResult.failed("delete", "The storage still lists objects that were deleted.")
        return CheckResult.ok("delete", "Objects can be deleted; nothing is left of this test.")

    def clean_up(self) -> None:
        with suppress(StoreError):
            for upload in list(self._store.open_uploads(self._prefix)):
                self._store.abort(upload.key, upload.upload_id)
            for stored in list(self._store.list(self._prefix)):
                self._store.delete(stored.key)

    def _check_join(self, upload_id: str, parts: Sequence[Part]) -> CheckResult:
        size = len(self._head) + len(self._tail)
        self._store.complete(self._large, upload_id, parts)
        seam = b"".join(self._store.read(self._large, len(self._head) - 5, len(self._head) + 5))
        if self._store.size(self._large) != size or seam != self._head[-5:] + self._tail[:5]:
            return CheckResult.failed("parts", "The storage joined the parts of an object incorrectly.")
        self.has_large_object = True
        return CheckResult.ok("parts", "Objects can be uploaded in parts.")


def _check_preflight(signed: SignedPart, origin: str, *, attempts: int) -> CheckResult:
    """Send the request that a browser sends before it sends a part."""
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    for attempt in range(attempts):
        if attempt:
            time.sleep(1)
        status, headers = _request("OPTIONS", signed, headers=preflight)
        if status < http.HTTPStatus.BAD_REQUEST and allows_origin(headers, origin):
            return CheckResult.ok("cors", f"Browsers on {origin} may send files to the storage.")
    return CheckResult.failed("cors", _describe_refused_origin(origin))


def _check_signed_part(signed: SignedPart, data: bytes, origin: str) -> CheckResult:
    status, headers = _request("PUT", signed, data=data, headers={"Origin": origin})
    if status >= http.HTTPStatus.BAD_REQUEST:
        return CheckResult.failed(
            "direct-parts",
            f"The storage refused a signed part with status {status}. Check S3_PUBLIC_ENDPOINT_URL and S3_REGION.",
        )
    if not allows_origin(headers, origin):
        return CheckResult.failed("direct-parts", _describe_refused_origin(origin))
    return CheckResult.ok("direct-parts", "Parts can be sent straight to the storage.")


def _check_signed_length(signed: SignedPart) -> CheckResult:
    status, _ = _request("PUT", signed, data=SMALL)
    if status < http.HTTPStatus.BAD_REQUEST:
        return CheckResult.warning(
            "direct-length",
            "The storage accepts parts of another length than was signed; joining detects them.",
        )
    return CheckResult.ok("direct-length", "A part of another length than was signed is refused.")


def _describe_refused_origin(origin: str) -> str:
    return (
        f"The storage does not let browsers on {origin} send files to it. Set its CORS rules manually (docs/storage.md), "
        "or S3_DIRECT_UPLOADS to False."
    )


def _request(
    method: str, signed: SignedPart, *, data: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Message]:
    content_type = {"Content-Type": "application/octet-stream"} if data else {}
    sent = {**content_type, **signed.headers, **(headers or {})}
    status, received, _ = request(method, signed.url, headers=sent, data=data)
    return status, received


def _describe_error(error: StoreError) -> str:
    return f"{error} ({error.__cause__})" if error.__cause__ else str(error)
