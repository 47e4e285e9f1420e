"""The portal's REST API, one method per call; nothing is cached but connections."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dubbing_client import objects
from dubbing_client.errors import NotFoundError, UsageError
from dubbing_client.manifest_check import check_manifest
from dubbing_client.rest import MAX_PAGES, PREFIX, RestClient

CODE = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
MAX_BLOBS_PER_CALL = 10_000
MAX_UPLOADS_PER_CALL = 1000
DIFF_PAGE = 5000
WAIT_FOR_JOB = {"Prefer": "wait=1"}
"""Let the portal respond when the job has ended, or after a second, in which its progress may have changed."""


class Api(RestClient):
    """One portal as one user.

    Calls that create something carry an Idempotency-Key, so that retries are safe.
    """

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- Account ----------------------------------------------------------------------------------------------------

    def me(self) -> objects.Me:
        me: objects.Me = self.call("GET", "/me").data
        return me

    def revoke_token(self) -> None:
        """Delete the token in use."""
        self.call("DELETE", "/token")

    # -- Sessions ---------------------------------------------------------------------------------------------------

    def sessions(self, q: str = "", *, trashed: bool = False) -> Iterator[objects.Session]:
        """Iterate over the sessions that match a search."""
        return self.pages("/sessions", {"q": q or None, "trashed": True if trashed else None})

    def search(self, query: str, *, lines: int) -> Iterator[objects.FoundSession]:
        """Iterate over the sessions that contain all terms of a query.

        :param lines: maximum number of lines of each session.
        """
        return self.pages("/search", {"q": query, "lines": lines, "limit": 20})

    def session(self, code: str) -> objects.Session:
        session: objects.Session = self.call("GET", f"/sessions/{code}").data
        return session

    def find_session(self, name: str) -> objects.Session | None:
        """Return the session with this name (ignoring case) or code, or None."""
        if is_code(name):
            with contextlib.suppress(NotFoundError):
                return self.session(name)
        return next(self.pages("/sessions", {"name": name}), None)

    def get_session(self, name: str) -> objects.Session:
        """Return the session with this name or code.

        :raises NotFoundError: code ``session_not_found``.
        """
        session = self.find_session(name)
        if session is None:
            raise NotFoundError(
                f"There is no session “{name}”. Run `dubs list` to list your sessions.",
                status=404,
                code="session_not_found",
            )
        return session

    def check_name(self, name: str) -> None:
        """Check whether a new session can have a name; one in use gets a number.

        :raises UsageError: it cannot be used.
        """
        check = self.call("GET", "/sessions/checked-name", query={"name": name}).data
        if not check["is_usable"] and check["code"] != "name_taken":
            raise UsageError(check["message"])

    def rename_session(self, code: str, name: str, *, previous_name: str) -> objects.Session:
        """Rename a session; repeating it changes nothing.

        :raises Problem: code `name_taken`, or `renamed` if the session has another name than ``previous_name``.
        """
        body = {"name": name, "previous_name": previous_name}
        session: objects.Session = self.call("PATCH", f"/sessions/{code}", body=body).data
        return session

    def delete_session(self, code: str) -> None:
        """Move a session to the trash."""
        self.call("DELETE", f"/sessions/{code}")

    # -- Trash and storage ------------------------------------------------------------------------------------------

    def find_trashed(self, name: str) -> list[objects.Session]:
        """Return the sessions in the trash with this name (ignoring case) or code."""
        if is_code(name):
            with contextlib.suppress(NotFoundError):
                session = self.session(name)
                return [session] if session["trashed_at"] else []
        return list(self.pages("/sessions", {"name": name, "trashed": True}))

    def restore_sessions(self, codes: Sequence[str]) -> list[objects.Session]:
        """Restore sessions from the trash."""
        response = self.call("POST", "/trash/restore", body={"sessions": list(codes)}, key=new_key())
        sessions: list[objects.Session] = response.data["sessions"]
        return sessions

    def delete_permanently(self, codes: Sequence[str]) -> objects.Freed:
        """Delete sessions in the trash; they cannot be restored."""
        body = {"sessions": list(codes)}
        freed: objects.Freed = self.call("POST", "/trash/delete", body=body, key=new_key()).data
        return freed

    def empty_trash(self) -> objects.Freed:
        """Delete all sessions in the trash; they cannot be restored."""
        freed: objects.Freed = self.call("DELETE", "/trash").data
        return freed

    def storage(self) -> objects.Storage:
        storage: objects.Storage = self.call("GET", "/storage").data
        return storage

    def discard_uploads(self) -> objects.Freed:
        """Discard all uploads that were not saved or imported."""
        freed: objects.Freed = self.call("DELETE", "/uploads").data
        return freed

    # -- Versions ---------------------------------------------------------------------------------------------------

    def versions(self, session: str) -> Iterator[objects.Version]:
        """Iterate over a session's versions, the newest first."""
        return self.pages(f"/sessions/{session}/versions", {})

    def version(self, session: str, number: int) -> objects.Version:
        version: objects.Version = self.call("GET", f"/sessions/{session}/versions/{number}").data
        return version

    def diff(self, session: str, old: int, new: int) -> objects.Diff:
        """Return what leads from one version to another one, with all files."""
        path = f"/sessions/{session}/versions/{new}/diff"
        query: dict[str, Any] = {"from": old, "limit": DIFF_PAGE}
        result = self.call("GET", path, query=query).data
        page, files = result["files"], list(result["files"]["items"])
        for _ in range(MAX_PAGES):
            if not page["next"]:
                break
            page = self.call("GET", path, query={**query, "cursor": page["next"]}).data["files"]
            files += page["items"]
        result["files"] = files
        diff: objects.Diff = result
        return diff

    def diff_lines(self, session: str, old: int, new: int, path: str) -> objects.TextDiff:
        """Compare the lines of a text in two versions.

        :raises NotFoundError: one of them does not have it, or it is no text.
        """
        query: dict[str, Any] = {"from": old, "path": path}
        diff: objects.TextDiff = self.call(
            "GET", f"/sessions/{session}/versions/{new}/diff/lines", query=query
        ).data
        return diff

    def restore(self, session: str, number: int, part: Mapping[str, Any]) -> objects.Version:
        """Restore an earlier version as a new one.

        :param part: categories, languages and paths; empty for all.
        """
        path = f"/sessions/{session}/versions/{number}/restore"
        version: objects.Version = self.call("POST", path, body=dict(part), key=new_key()).data
        return version

    def preview_restore(self, session: str, number: int, part: Mapping[str, Any]) -> objects.RestorePreview:
        path = f"/sessions/{session}/versions/{number}/restore/preview"
        preview: objects.RestorePreview = self.call("POST", path, body=dict(part)).data
        return preview

    def manifest(self, session: str, number: int) -> objects.Manifest:
        """Return all entries of a version.

        :raises TransferError: the portal sent something that is not a list of files.
        """
        return check_manifest(self.call("GET", f"/sessions/{session}/versions/{number}/manifest").data)

    def metadata(self, session: str, number: int) -> bytes:
        """Return the version's metadata.json."""
        return self.call("GET", f"/sessions/{session}/versions/{number}/metadata.json").body

    def file_path(self, session: str, number: int, path: str) -> str:
        return f"{PREFIX}/sessions/{session}/versions/{number}/files/{quote(path)}"

    def bundle_path(self, session: str, number: int) -> str:
        return f"{PREFIX}/sessions/{session}/versions/{number}/bundle"

    def save_new_session(
        self,
        name: str,
        *,
        message: str,
        uploads: Sequence[str],
        blobs: Sequence[Mapping[str, Any]],
        key: str,
        empty_folders: Sequence[str] | None = None,
        left_out: Sequence[Mapping[str, str]] = (),
    ) -> objects.Job:
        """Request a session with complete uploads and stored blobs as its first version.

        The job creates it: a refused save leaves no session. A name in use gets a number.
        """
        body = {"name": name, **_saved_files(message, uploads, blobs, empty_folders, left_out)}
        job: objects.Job = self.call("POST", "/saves", body=body, key=key, headers=WAIT_FOR_JOB).data
        return job

    def save(
        self,
        session: str,
        *,
        parent: int,
        message: str,
        uploads: Sequence[str],
        blobs: Sequence[Mapping[str, Any]],
        removed: Sequence[str],
        key: str,
        empty_folders: Sequence[str] | None = None,
        left_out: Sequence[Mapping[str, str]] = (),
    ) -> objects.Job:
        """Request a version of complete uploads and stored blobs, on top of ``parent``.

        :raises ConflictError: ``parent`` is not the current version.
        """
        files = _saved_files(message, uploads, blobs, empty_folders, left_out)
        body = {"parent": parent, "replace": False, "removed": list(removed), **files}
        path = f"/sessions/{session}/versions"
        job: objects.Job = self.call("POST", path, body=body, key=key, headers=WAIT_FOR_JOB).data
        return job

    def correct(
        self,
        session: str,
        *,
        labels: Sequence[Mapping[str, Any]] = (),
        recognized: Sequence[str] = (),
        languages: Mapping[str, str] | None = None,
        voices: Mapping[str, str] | None = None,
        message: str = "",
    ) -> objects.Version:
        """Correct labels, target languages and voices; return the new version.

        :raises Problem: code `unchanged` if all is so already.
        """
        body = {
            "labels": list(labels),
            "recognized": list(recognized),
            "languages": dict(languages or {}),
            "voices": dict(voices or {}),
            "message": message,
        }
        version: objects.Version = self.call(
            "POST", f"/sessions/{session}/corrections", body=body, key=new_key()
        ).data
        return version

    def place_files(self, paths: Sequence[str], *, session: str | None = None) -> list[objects.PlacedFile]:
        """Return the path, category and language that files would get in a session."""
        body: dict[str, Any] = {"paths": list(paths)}
        if session:
            body["session"] = session
        files: list[objects.PlacedFile] = self.call("POST", "/placements", body=body).data["files"]
        return files

    # -- Uploads ----------------------------------------------------------------------------------------------------

    def missing_blobs(self, blobs: Sequence[Mapping[str, Any]]) -> set[str]:
        """Return the SHA-256 of blobs that no session of the user contains."""
        missing: set[str] = set()
        for batch in batches(blobs, MAX_BLOBS_PER_CALL):
            missing.update(self.call("POST", "/blobs/missing", body={"blobs": list(batch)}).data["missing"])
        return missing

    def create_uploads(self, uploads: Sequence[Mapping[str, Any]]) -> list[objects.Upload]:
        """Create uploads, or resume unused ones with the same paths, sizes and hashes."""
        body = {"uploads": list(uploads)}
        created: list[objects.Upload] = self.call("POST", "/uploads", body=body, key=new_key()).data[
            "uploads"
        ]
        return created

    def abort_upload(self, code: str) -> None:
        self.call("DELETE", f"/uploads/{code}")

    def sign_parts(self, parts: Sequence[Mapping[str, Any]]) -> list[objects.SignedPart]:
        body = {"parts": list(parts)}
        signed: list[objects.SignedPart] = self.call("POST", "/uploads/sign", body=body).data["parts"]
        return signed

    def part_path(self, upload: str, number: int) -> str:
        return f"{PREFIX}/uploads/{upload}/parts/{number}"

    def complete_uploads(self, codes: Sequence[str]) -> list[objects.Upload]:
        """Complete uploads whose parts were all sent.

        :raises Problem: code ``upload_incomplete``; ``incomplete`` lists uploads with the numbers of missing parts.
        """
        completed: list[objects.Upload] = []
        for batch in batches(codes, MAX_UPLOADS_PER_CALL):
            completed += self.call("POST", "/uploads/complete", body={"uploads": list(batch)}).data["uploads"]
        return completed

    # -- Jobs -------------------------------------------------------------------------------------------------------

    def job(self, code: str) -> objects.Job:
        """Return the job when it has ended, or within a second."""
        job: objects.Job = self.call("GET", f"/jobs/{code}", headers=WAIT_FOR_JOB).data
        return job

    def create_import(
        self,
        upload: str,
        *,
        name: str,
        reading: str,
        dry_run: bool,
        key: str,
        sessions: Sequence[Mapping[str, str]] | None = None,
    ) -> objects.Job:
        """Import an uploaded ZIP as new sessions; ``dry_run`` only previews the import.

        :param sessions: folders to import and the names of their sessions; by default all.
        """
        choice = {"name": name, "reading": reading, "sessions": sessions}
        body = {"upload": upload, **{field: value for field, value in choice.items() if value}}
        path = "/imports/preview" if dry_run else "/imports"
        job: objects.Job = self.call("POST", path, body=body, key=key).data
        return job


def _saved_files(
    message: str,
    uploads: Sequence[str],
    blobs: Sequence[Mapping[str, Any]],
    empty_folders: Sequence[str] | None,
    left_out: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    return {
        "message": message,
        "uploads": list(uploads),
        "blobs": list(blobs),
        "empty_folders": None if empty_folders is None else list(empty_folders),
        **({"left_out": list(left_out)} if left_out else {}),
    }


def is_code(text: str) -> bool:
    """Return whether a text has the form of a session's code, a UUID."""
    return CODE.fullmatch(text.lower()) is not None


def new_key() -> str:
    """Return a random Idempotency-Key."""
    return os.urandom(16).hex()


def batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
