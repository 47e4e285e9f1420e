"""Calls about the versions of a session: read, compare, save, restore, correct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dubbing_client import diff_objects, objects
from dubbing_client.manifest_check import check_manifest
from dubbing_client.rest import MAX_PAGES, PREFIX, WAIT_FOR_JOB, RestClient, new_key

DIFF_PAGE = 5000


class VersionApi(RestClient):
    def versions(self, session: str) -> Iterator[objects.Version]:
        """Iterate over a session's versions, the newest first."""
        return self.pages(f"/sessions/{session}/versions", {})

    def version(self, session: str, number: int) -> objects.Version:
        version: objects.Version = self.call("GET", f"/sessions/{session}/versions/{number}").data
        return version

    def diff(self, session: str, old: int, new: int) -> diff_objects.Diff:
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
        diff: diff_objects.Diff = result
        return diff

    def diff_lines(self, session: str, old: int, new: int, path: str) -> diff_objects.TextDiff:
        """Compare the lines of a text in two versions.

        :raises NotFoundError: one of them does not have it, or it is no text.
        """
        query: dict[str, Any] = {"from": old, "path": path}
        diff: diff_objects.TextDiff = self.call(
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

    def preview_restore(
        self, session: str, number: int, part: Mapping[str, Any]
    ) -> diff_objects.RestorePreview:
        path = f"/sessions/{session}/versions/{number}/restore/preview"
        preview: diff_objects.RestorePreview = self.call("POST", path, body=dict(part)).data
        return preview

    def manifest(self, session: str, number: int) -> objects.Manifest:
        """Return all entries of a version.

        :raises TransferError: the portal sent something that is not a list of files.
        """
        return check_manifest(self.call("GET", f"/sessions/{session}/versions/{number}/manifest").data)

    def entries(self, session: str, number: int) -> Iterator[objects.FileEntry]:
        """Iterate over the entries of a version with facts of media, by path."""
        return self.pages(f"/sessions/{session}/versions/{number}/entries", {})

    def metadata(self, session: str, number: int) -> bytes:
        """Return the version's metadata.json."""
        return self.call("GET", f"/sessions/{session}/versions/{number}/metadata.json").body

    def texts(self, session: str, number: int) -> objects.VersionTexts:
        texts: objects.VersionTexts = self.call("GET", f"/sessions/{session}/versions/{number}/texts").data
        return texts

    def text(self, session: str, number: int, name: str) -> bytes:
        """Return the lines of a track as a file.

        :param name: its key and the format, such as `hi.srt`.
        """
        address = f"/sessions/{session}/versions/{number}/texts/{quote(name, safe='')}"
        return self.call("GET", address).body

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
        source_language: str | None = None,
        checks: Mapping[str, bool] | None = None,
        message: str = "",
    ) -> objects.Version:
        """Correct labels, target languages and voices; return the new version.

        :param source_language: language that is spoken in the source; "" withdraws it, None keeps it.
        :raises Problem: code `unchanged` if all is so already.
        """
        body = {
            "labels": list(labels),
            "recognized": list(recognized),
            "languages": dict(languages or {}),
            "voices": dict(voices or {}),
            "source_language": source_language,
            "message": message,
            **({"checks": dict(checks)} if checks else {}),
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
