"""Sessions in an archive: each folder with a session's metadata.json.

The portal's imports and the drop-in class find them by this one rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dubbing_core.categories import METADATA_NAME, PRIVATE_FOLDER
from dubbing_core.checksum_manifest import CHECKSUM_MANIFEST_PATH
from dubbing_core.metadata_reading import MetadataReading, read_metadata
from dubbing_core.paths import is_junk


@dataclass(frozen=True, kw_only=True)
class SessionFolder:
    """A folder that is a session."""

    folder: str
    """Its path with the slash; "" for the root."""
    metadata: MetadataReading | None
    """Contents of its metadata.json; None for an export without a session's one."""


@dataclass(frozen=True, kw_only=True)
class FoundSessions:
    """Sessions among files, and the other files."""

    sessions: tuple[SessionFolder, ...]
    """Sorted by folder; empty where no folder is a session."""
    left_out: tuple[str, ...] = ()
    """Files beside the sessions, sorted; empty where there are no sessions."""

    @property
    def other_folders(self) -> tuple[str, ...]:
        """Folders beside the sessions, with their slash; the outermost of each."""
        inside = [found.folder for found in self.sessions]
        others = {_find_other_folder(path, inside) for path in self.left_out}
        return tuple(sorted(others - {""}))


def find_sessions(paths: Iterable[str], read: Callable[[str], tuple[bytes, int]]) -> FoundSessions:
    """Return all sessions among files.

    A folder is a session if it contains a session's metadata.json, damaged or not, or the manifest of an export. A
    session inside another session's folder is part of that one.

    :param paths: of all files; those that operating systems add are ignored.
    :param read: returns the start of a file, at least `metadata.SIZE_LIMIT` bytes, and its size.
    """
    files = sorted({path for path in paths if not is_junk(path)})
    present = set(files)
    folders = {path.removesuffix(METADATA_NAME) for path in files if path.rpartition("/")[2] == METADATA_NAME}
    folders |= {
        path.removesuffix(CHECKSUM_MANIFEST_PATH)
        for path in files
        if f"/{path}".endswith(f"/{CHECKSUM_MANIFEST_PATH}")
    }
    found: dict[str, SessionFolder] = {}
    for folder in sorted(folders, key=lambda folder: (folder.count("/"), folder)):
        if PRIVATE_FOLDER in folder.split("/") or _find_session(folder, found) is not None:
            continue
        metadata = None
        if f"{folder}{METADATA_NAME}" in present:
            data, size = read(f"{folder}{METADATA_NAME}")
            metadata = read_metadata(data, size=size)
        if f"{folder}{CHECKSUM_MANIFEST_PATH}" in present:
            metadata = metadata if metadata is not None and metadata.is_session else None
            found[folder] = SessionFolder(folder=folder, metadata=metadata)
        elif metadata is not None and metadata.is_session:
            found[folder] = SessionFolder(folder=folder, metadata=metadata)
    left_out = [path for path in files if _find_session(path, found) is None] if found else []
    return FoundSessions(sessions=tuple(found[folder] for folder in sorted(found)), left_out=tuple(left_out))


def _find_session(path: str, found: dict[str, SessionFolder]) -> SessionFolder | None:
    """Return the session whose folder contains a path, or is it."""
    if not found:
        return None
    parts = path.split("/")
    folders = ("/".join(parts[:depth]) + "/" * (depth > 0) for depth in range(len(parts)))
    return next((found[folder] for folder in folders if folder in found), None)


def _find_other_folder(path: str, sessions: list[str]) -> str:
    """Return the outermost folder around a file that contains no session, or ""."""
    parts = path.split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        folder = "/".join(parts[:depth]) + "/"
        if not any(session.startswith(folder) for session in sessions):
            return folder
    return ""
