"""Tries all that the portal asks of its store, and leaves nothing there."""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from email.message import Message
from uuid import uuid4

from dubbing_core.zips.multipart import LARGE_MEMBER_SIZE
from sessions_app.storage.check_result import Finding, Outcome
from sessions_app.storage.keys import staging_key, staging_prefix
from sessions_app.storage.probe import copies_ranges
from sessions_app.storage.store import PART_SIZE, BlobStore, DirectParts, Part, SignedPart, StoreError

SMALL = b"0123456789"
PERMITTED_FOR = timedelta(minutes=5)
TIMEOUT = 30
"""Seconds for a request to the store's public address."""
RULES_ATTEMPTS = 10
"""New CORS rules take a moment to be known; one try a second."""


def try_store(store: BlobStore, *, origins: Sequence[str]) -> Iterator[Finding]:
    """Prepare the store, then write, read, list, send, join, copy and delete, and yield what comes of each.

    Ends early where nothing further could be found out.

    :param origins: those of the web pages that will use it, the main one first.
    """
    direct = store.capabilities.direct_parts
    attempts = 1
    for finding in store.capabilities.prepare(origins if direct else ()):
        yield finding
        if finding.check == "cors-rules" and finding.outcome is Outcome.OK:
            attempts = RULES_ATTEMPTS
        if finding.outcome is Outcome.FAILED:
            return
    # The name of an upload that there is not: where this process is killed, garbage collection finds what is left.
    owner = f"upload-{uuid4()}"
    trial = _Trial(store, owner)
    try:
        for step in (trial.writes, trial.reads_ranges, trial.lists):
            finding = step()
            yield finding
            if finding.outcome is Outcome.FAILED:
                return
        if direct is None:
            yield trial.takes_parts()
        else:
            yield from trial.takes_direct_parts(direct, origins[0], attempts=attempts)
        if store.capabilities.remote and trial.large_is_there:
            yield trial.copies()
        yield trial.deletes()
    finally:
        trial.clean_up()


class _Trial:
    def __init__(self, store: BlobStore, owner: str) -> None:
        self._store = store
        self._prefix = staging_prefix(owner)
        self._small = staging_key(owner, "small")
        self._large = staging_key(owner, "large")
        # Together enough to copy ranges of.
        self._head, self._tail = os.urandom(PART_SIZE), os.urandom(max(1, LARGE_MEMBER_SIZE - PART_SIZE))
        self.large_is_there = False

    def writes(self) -> Finding:
        try:
            with self._store.writer(self._small) as writer:
                writer.write(SMALL)
        except StoreError as error:
            return Finding.failed("write", _told(error))
        return Finding.ok("write", "Objects are written and settled.")

    def reads_ranges(self) -> Finding:
        try:
            read = b"".join(self._store.read(self._small, 3, 7))
        except StoreError as error:
            return Finding.failed("read", _told(error))
        if read != SMALL[3:7]:
            return Finding.failed("read", "The storage gives other bytes than the range that was asked for.")
        return Finding.ok("read", "Ranges of objects are read.")

    def lists(self) -> Finding:
        try:
            found = [found.key for found in self._store.list(self._prefix)]
        except StoreError as error:
            return Finding.failed("list", _told(error))
        if found != [self._small]:
            return Finding.failed("list", "The storage does not list an object that was just written.")
        return Finding.ok("list", "Objects are listed as soon as they are there.")

    def takes_parts(self) -> Finding:
        try:
            upload_id = self._store.begin(self._large)
            parts = [
                self._store.put_part(self._large, upload_id, number, [data])
                for number, data in enumerate((self._head, self._tail), start=1)
            ]
            return self._joined(upload_id, parts)
        except StoreError as error:
            return Finding.failed("parts", _told(error))

    def takes_direct_parts(self, direct: DirectParts, origin: str, *, attempts: int) -> Iterator[Finding]:
        """Send parts as a browser on a page of this origin would."""
        try:
            upload_id = self._store.begin(self._large)
            head, tail = (
                direct.sign(self._large, upload_id, number, size=len(data), expires_in=PERMITTED_FOR)
                for number, data in enumerate((self._head, self._tail), start=1)
            )
        except StoreError as error:
            yield Finding.failed("parts", _told(error))
            return
        try:
            yield _preflight(head, origin, attempts=attempts)
            yield _sent(head, self._head, origin)
            yield self._sent_wrong(tail)
            _request("PUT", tail, data=self._tail)
        except OSError as error:
            yield Finding.cannot(
                "direct-parts",
                f"{direct.origin} does not answer this machine ({error}); whether it answers people remains to be seen.",
            )
            yield self.takes_parts()
            return
        try:
            yield self._joined(upload_id, direct.parts(self._large, upload_id))
        except StoreError as error:
            yield Finding.failed("parts", _told(error))

    def copies(self) -> Finding:
        try:
            copier = self._store.capabilities.server_side_copy(self._large)
            copied = copier is not None and copies_ranges(copier, store=self._store, source=self._large)
        except StoreError as error:
            return Finding.failed("copy", _told(error))
        if copied:
            return Finding.ok(
                "copy", "The storage copies ranges by itself: exports do not pass through the worker."
            )
        if copier is not None:
            return Finding.failed(
                "copy", "The storage does not copy ranges. Set S3_SERVER_SIDE_COPY to False."
            )
        return Finding.cannot("copy", "The storage does not copy ranges: exports pass through the worker.")

    def deletes(self) -> Finding:
        try:
            for key in (self._small, self._large):
                self._store.delete(key)
            left = [found.key for found in self._store.list(self._prefix)]
        except StoreError as error:
            return Finding.failed("delete", _told(error))
        if left:
            return Finding.failed("delete", "The storage still lists objects that were deleted.")
        return Finding.ok("delete", "Objects are deleted; nothing is left of this trial.")

    def clean_up(self) -> None:
        with suppress(StoreError):
            for upload in list(self._store.open_uploads(self._prefix)):
                self._store.abort(upload.key, upload.upload_id)
            for found in list(self._store.list(self._prefix)):
                self._store.delete(found.key)

    def _joined(self, upload_id: str, parts: Sequence[Part]) -> Finding:
        size = len(self._head) + len(self._tail)
        self._store.complete(self._large, upload_id, parts)
        seam = b"".join(self._store.read(self._large, len(self._head) - 5, len(self._head) + 5))
        if self._store.size(self._large) != size or seam != self._head[-5:] + self._tail[:5]:
            return Finding.failed("parts", "The storage makes something else of the parts of an object.")
        self.large_is_there = True
        return Finding.ok("parts", "Objects that arrive in parts are joined.")

    def _sent_wrong(self, signed: SignedPart) -> Finding:
        status, _ = _request("PUT", signed, data=SMALL)
        if status < http.HTTPStatus.BAD_REQUEST:
            return Finding.cannot(
                "direct-length",
                "The storage takes parts of another length than was signed; that is noticed when they are joined.",
            )
        return Finding.ok("direct-length", "A part of another length than was signed is refused.")


def _sent(signed: SignedPart, data: bytes, origin: str) -> Finding:
    status, headers = _request("PUT", signed, data=data, headers={"Origin": origin})
    if status >= http.HTTPStatus.BAD_REQUEST:
        return Finding.failed(
            "direct-parts",
            f"The storage refused a part that was signed, with status {status}. Do S3_PUBLIC_ENDPOINT_URL and S3_REGION fit?",
        )
    if not _allows(headers, origin):
        return Finding.failed("direct-parts", _no_browser(origin))
    return Finding.ok("direct-parts", "Parts are sent straight to the storage.")


def _preflight(signed: SignedPart, origin: str, *, attempts: int) -> Finding:
    """Ask as a browser does before it sends."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    for attempt in range(attempts):
        if attempt:
            time.sleep(1)
        status, headers = _request("OPTIONS", signed, headers=asked)
        if status < http.HTTPStatus.BAD_REQUEST and _allows(headers, origin):
            return Finding.ok("cors", f"The storage lets pages of {origin} send files to it.")
    return Finding.failed("cors", _no_browser(origin))


def _no_browser(origin: str) -> str:
    return (
        f"The storage does not let pages of {origin} send files to it. Set its CORS rules by hand (docs/storage.md), "
        "or S3_DIRECT_UPLOADS to False."
    )


def _allows(headers: Message, origin: str) -> bool:
    return headers.get("Access-Control-Allow-Origin") in {"*", origin}


def _request(
    method: str, signed: SignedPart, *, data: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Message]:
    """Return status and headers of the answer, whatever it is.

    :raises OSError: there is none.
    """
    sent = {"Content-Type": "application/octet-stream"} if data else {}
    request = urllib.request.Request(  # noqa: S310 - the address is the operator's own
        signed.url, data=data, method=method, headers={**sent, **signed.headers, **(headers or {})}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - see above
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers
    except urllib.error.URLError as error:
        if isinstance(error.reason, BrokenPipeError | ConnectionResetError):
            # Some hang up on a body that they are not going to read, before they can be heard.
            return http.HTTPStatus.BAD_REQUEST, Message()
        raise
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error


def _told(error: StoreError) -> str:
    return f"{error} ({error.__cause__})" if error.__cause__ else str(error)
