"""The portal's REST API, one method per call; nothing is cached but connections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dubbing_client import objects
from dubbing_client.rest import PREFIX, WAIT_FOR_JOB, new_key
from dubbing_client.session_api import SessionApi
from dubbing_client.version_api import VersionApi

MAX_BLOBS_PER_CALL = 10_000
MAX_UPLOADS_PER_CALL = 1000


class Api(SessionApi, VersionApi):
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
        """Return where a part is sent; the last one completes the upload."""
        return f"{PREFIX}/uploads/{upload}/parts/{number}?complete=true"

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


def batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
