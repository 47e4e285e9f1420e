"""The portal's API, call by call. Nothing is decided here, and nothing is remembered but connections."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dubbing_client import objects
from dubbing_client.errors import NotFoundError
from dubbing_client.portal import PREFIX, Portal

if TYPE_CHECKING:
    from dubbing_client.state import Base

CODE = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class Api(Portal):
    """One portal, as one person. Each creating call carries a key, so that it never has its effect twice."""

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- Who --------------------------------------------------------------------------------------------------------

    def me(self) -> objects.Me:
        found: objects.Me = self.call("GET", "/me").data
        return found

    def revoke_token(self) -> None:
        """Have the portal forget the token in use."""
        self.call("DELETE", "/token")

    # -- Sessions ---------------------------------------------------------------------------------------------------

    def sessions(
        self, q: str = "", *, language: str = "", stage: str = "", trashed: bool = False, order: str = ""
    ) -> Iterator[objects.Session]:
        """Walk through the sessions that match, as the portal's list does."""
        return self.pages(
            "/sessions",
            {
                "q": q or None,
                "language": language or None,
                "stage": stage or None,
                "trashed": True if trashed else None,
                "order": order or None,
            },
        )

    def session(self, code: str) -> objects.Session:
        found: objects.Session = self.call("GET", f"/sessions/{code}").data
        return found

    def session_unless(self, code: str, *, etag: str) -> objects.Session | None:
        """Return the session, or None where it is still as ``etag`` says (`"v3"` with its quotes)."""
        answer = self.call("GET", f"/sessions/{code}", headers={"If-None-Match": etag})
        found: objects.Session | None = None if answer.status == HTTPStatus.NOT_MODIFIED else answer.data
        return found

    def session_named(self, name: str) -> objects.Session | None:
        """Return the session of exactly this name (case aside), or of this code."""
        if is_code(name):
            with contextlib.suppress(NotFoundError):
                return self.session(name)
        return next(self.pages("/sessions", {"name": name}), None)

    def need_session(self, name: str) -> objects.Session:
        """Return the session of this name or code.

        :raises NotFoundError: code ``session_not_found``.
        """
        found = self.session_named(name)
        if found is None:
            raise NotFoundError(
                f"There is no session “{name}”. `dubs list` shows those there are.",
                status=404,
                code="session_not_found",
            )
        return found

    def session_of(self, base: Base) -> objects.Session:
        """Return the session that a folder belongs to.

        :raises NotFoundError: it is gone, or in the trash.
        """
        where = "is not there any more"
        with contextlib.suppress(NotFoundError):
            session = self.session(base.session)
            if session["trashed_at"] is None:
                return session
            where = "is in the trash"
        raise NotFoundError(
            f"The session that this folder belongs to, “{base.name}”, {where}. Restore it in the portal, or name another one.",
            status=404,
            code="session_not_found",
        )

    def create_session(
        self, name: str = "", *, video_filename: str = "", key: str | None = None
    ) -> objects.Session:
        """Make an empty session; without a name it gets one from the video's. A name that is taken gets a number."""
        body = {"name": name} if name else {"video_filename": video_filename} if video_filename else {}
        made: objects.Session = self.call("POST", "/sessions", body=body, key=key or new_key()).data
        return made

    def suggested_name(self, video_filename: str = "") -> str:
        query = {"video_filename": video_filename or None}
        return str(self.call("GET", "/sessions/suggested-name", query=query).data["name"])

    def delete_session(self, code: str) -> None:
        """Move a session to the trash."""
        self.call("DELETE", f"/sessions/{code}")

    def untrash_session(self, code: str) -> objects.Session:
        found: objects.Session = self.call("POST", f"/sessions/{code}/untrash").data
        return found

    # -- Versions ---------------------------------------------------------------------------------------------------

    def versions(self, session: str) -> Iterator[objects.Version]:
        """The newest first."""
        return self.pages(f"/sessions/{session}/versions", {})

    def version(self, session: str, number: int) -> objects.Version:
        found: objects.Version = self.call("GET", f"/sessions/{session}/versions/{number}").data
        return found

    def manifest(self, session: str, number: int) -> objects.Manifest:
        """Everything a version holds, in one answer."""
        found: objects.Manifest = self.call("GET", f"/sessions/{session}/versions/{number}/manifest").data
        return found

    def metadata(self, session: str, number: int) -> bytes:
        """The version's metadata.json, as it is."""
        return self.call("GET", f"/sessions/{session}/versions/{number}/metadata.json").body

    def file_path(self, session: str, number: int, path: str) -> str:
        return f"{PREFIX}/sessions/{session}/versions/{number}/files/{quote(path)}"

    def bundle_path(self, session: str, number: int) -> str:
        return f"{PREFIX}/sessions/{session}/versions/{number}/bundle"

    def restore(self, session: str, number: int) -> objects.Version:
        path = f"/sessions/{session}/versions/{number}/restore"
        made: objects.Version = self.call("POST", path, key=new_key()).data
        return made

    def save(
        self,
        session: str,
        *,
        parent: int,
        message: str,
        uploads: Sequence[str],
        blobs: Sequence[Mapping[str, Any]],
        removed: Sequence[str],
        replace: bool = False,
        key: str,
    ) -> objects.Job:
        """Ask for a version of complete uploads and of blobs that are there already, on top of ``parent``.

        :raises ConflictError: ``parent`` is not the current version.
        """
        body = {
            "parent": parent,
            "message": message,
            "replace": replace,
            "uploads": list(uploads),
            "blobs": list(blobs),
            "removed": list(removed),
        }
        job: objects.Job = self.call("POST", f"/sessions/{session}/versions", body=body, key=key).data
        return job

    # -- Uploads ----------------------------------------------------------------------------------------------------

    def sort(self, paths: Sequence[str], *, session: str | None = None) -> dict[str, Any]:
        """Ask where files would go, by the rules that build a session's tree and its metadata."""
        body: dict[str, Any] = {"paths": list(paths)}
        if session:
            body["session"] = session
        found: dict[str, Any] = self.call("POST", "/placements", body=body).data
        return found

    def missing(self, blobs: Sequence[Mapping[str, Any]]) -> set[str]:
        """Tell which of these bytes the portal does not have for us, by their hashes."""
        found: set[str] = set()
        for batch in batches(blobs, 10_000):
            found.update(self.call("POST", "/blobs/missing", body={"blobs": list(batch)}).data["missing"])
        return found

    def create_uploads(self, uploads: Sequence[Mapping[str, Any]]) -> list[objects.Upload]:
        """Begin uploads, or go on with those of the same paths, sizes and hashes that were not used yet."""
        body = {"uploads": list(uploads)}
        made: list[objects.Upload] = self.call("POST", "/uploads", body=body, key=new_key()).data["uploads"]
        return made

    def uploads(self) -> Iterator[objects.Upload]:
        return self.pages("/uploads", {})

    def upload(self, code: str) -> objects.Upload:
        found: objects.Upload = self.call("GET", f"/uploads/{code}").data
        return found

    def abort_upload(self, code: str) -> None:
        self.call("DELETE", f"/uploads/{code}")

    def sign(self, parts: Sequence[Mapping[str, Any]]) -> list[objects.SignedPart]:
        signed: list[objects.SignedPart] = self.call(
            "POST", "/uploads/sign", body={"parts": list(parts)}
        ).data["parts"]
        return signed

    def part_path(self, upload: str, number: int) -> str:
        return f"{PREFIX}/uploads/{upload}/parts/{number}"

    def complete_uploads(self, codes: Sequence[str]) -> list[objects.Upload]:
        """Say that all parts are there.

        :raises Problem: code ``upload_incomplete``; its ``incomplete`` names uploads and the numbers of what is missing.
        """
        done: list[objects.Upload] = []
        for batch in batches(codes, 1000):
            done += self.call("POST", "/uploads/complete", body={"uploads": list(batch)}).data["uploads"]
        return done

    # -- Jobs, exports, imports -------------------------------------------------------------------------------------

    def job(self, code: str) -> objects.Job:
        found: objects.Job = self.call("GET", f"/jobs/{code}").data
        return found

    def cancel_job(self, code: str) -> objects.Job:
        found: objects.Job = self.call("POST", f"/jobs/{code}/cancel").data
        return found

    def create_export(
        self,
        session: str,
        number: int,
        *,
        categories: Sequence[str] = (),
        languages: Sequence[str] = (),
        without_source: bool = False,
        history: bool = False,
    ) -> objects.Job:
        body = {
            "categories": list(categories),
            "languages": list(languages),
            "without_source": without_source,
            "history": history,
        }
        path = f"/sessions/{session}/versions/{number}/exports"
        job: objects.Job = self.call("POST", path, body=body, key=new_key()).data
        return job

    def export(self, code: str) -> objects.Export:
        found: objects.Export = self.call("GET", f"/exports/{code}").data
        return found

    def export_path(self, code: str) -> str:
        return f"{PREFIX}/exports/{code}/download"

    def import_(
        self, upload: str, *, name: str = "", check: bool = False, key: str | None = None
    ) -> objects.Job:
        """Make sessions of an uploaded ZIP; with ``check``, only tell what would become of it."""
        body = {"upload": upload, **({"name": name} if name else {})}
        path = "/imports/preview" if check else "/imports"
        job: objects.Job = self.call("POST", path, body=body, key=key or new_key()).data
        return job


def is_code(text: str) -> bool:
    return CODE.fullmatch(text.lower()) is not None


def new_key() -> str:
    return os.urandom(16).hex()


def batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
