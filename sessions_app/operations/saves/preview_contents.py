"""Contents of small files in a preview: those sent and those of the session."""

from __future__ import annotations

from collections.abc import Mapping

from dubbing_core.layouts.folder_index import SMALL_FILE_LIMIT
from dubbing_core.manifest import ManifestEntry
from dubbing_core.metadata_reading import MetadataReading, read_metadata, read_metadata_start
from sessions_app.operations.saves.change_preview import FileToSave
from sessions_app.operations.versions.documents import read_blob
from sessions_app.queries.manifests import VersionContents
from sessions_app.storage.store import BlobReader

MAX_STORED_SIZE = 16 * 1024 * 1024
"""Bytes that one preview reads from the store."""


class PreviewContents:
    """Reads small files for the recognizers.

    :param sent: contents by path as received.
    :param files: sizes and hashes by path as received; None if they are unknown.
    """

    def __init__(
        self,
        sent: Mapping[str, bytes],
        files: Mapping[str, FileToSave] | None,
        *,
        current: VersionContents,
        reader: BlobReader,
    ) -> None:
        self.requested: dict[str, None] = {}
        """Received files whose contents were needed and not sent, in the order in which they were needed."""
        self._sent = sent
        self._files = files or {}
        self._reader = reader
        self._entries = {entry.path: entry for entry in current.manifest.entries}
        self._by_hash = {entry.sha256: entry for entry in current.manifest.entries}
        self._left = MAX_STORED_SIZE

    def read_received(self, path: str) -> bytes | None:
        """Return a received file's contents: as sent, or of the same file in the session."""
        file = self._files.get(path)
        if path in self._sent:
            is_small = file is None or file.size <= SMALL_FILE_LIMIT
            return self._sent[path] if is_small else None
        stored = self._by_hash.get(file.sha256) if file is not None else None
        if stored is not None:
            return self._read(stored)
        self.requested[path] = None
        return None

    def read_metadata(self, path: str) -> MetadataReading | None:
        """Read a received metadata.json: of a large one only its start is sent."""
        file = self._files.get(path)
        if file is not None and file.size > SMALL_FILE_LIMIT and path in self._sent:
            return read_metadata_start(self._sent[path], size=file.size)
        data = self.read_received(path)
        return None if data is None else read_metadata(data)

    def read_stored(self, path: str) -> bytes | None:
        """Return the contents of a file of the session."""
        return self._read(self._entries[path])

    def _read(self, entry: ManifestEntry) -> bytes | None:
        if entry.size > min(SMALL_FILE_LIMIT, self._left):
            return None
        self._left -= entry.size
        return read_blob(self._reader, entry)
