"""Download of posters, light copies and others that the portal made of media."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dubbing_client.api import Api
from dubbing_client.disk_space import check_free_space
from dubbing_client.downloader import Downloader
from dubbing_client.errors import FolderError, TransferError, quoted
from dubbing_client.file_hashes import hash_file
from dubbing_client.folder import Folder
from dubbing_client.local_names import find_places, map_to_folder
from dubbing_client.manifest_check import is_document
from dubbing_client.objects import FileEntry
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.remote_file import RemoteFile
from dubbing_client.rest import PREFIX
from dubbing_client.state import State

READY = "ready"
KINDS = {
    "poster": {"webp"},
    "strip": {"webp"},
    "peaks": {"bin"},
    "audio": {"m4a", "mp3", "webm", "flac"},
    "proxy": {"mp4"},
}
"""Extensions of the files of each kind; a portal must not create others."""
MAX_LISTED = 5


@dataclass(frozen=True)
class LoadedDerivatives:
    written: tuple[str, ...]
    unchanged: int
    bytes: int


def list_remote_files(entries: Iterable[FileEntry], kinds: Collection[str]) -> Iterator[RemoteFile]:
    """Yield the files that were made of entries: `talk.mp4.poster.webp`.

    :raises TransferError: the portal sent values that make no sense.
    """
    for entry in entries:
        for kind, made in (entry.get("derivatives") or {}).items():
            if kind not in kinds or made["state"] != READY:
                continue
            address: Any = made["url"]
            if not (isinstance(address, str) and address.startswith(f"{PREFIX}/sessions/")):
                raise TransferError("The portal sent an address that is not its own.")
            extension = address.rpartition(".")[2]
            if extension not in KINDS[kind] or not is_document(made):
                raise TransferError(f"The portal sent a {kind} of “{entry['path']}” that is none.")
            name = f"{entry['path']}.{kind}.{extension}"
            yield RemoteFile(name, name, Path(), made["size"], made["sha256"], address=address)


def load_derivatives(
    api: Api,
    folder: Folder,
    files: Sequence[RemoteFile],
    *,
    session: str,
    version: int,
    overwrite: bool = False,
    listener: ProgressListener = NO_PROGRESS,
) -> LoadedDerivatives:
    """Fetch files that are not in the folder; each is verified and moved into place.

    :param overwrite: replace files with other contents.
    :raises FolderError: there are such files, or the folder cannot be written to.
    """
    names = map_to_folder(folder, [file.path for file in files])
    places = find_places(folder, list(names.values()))
    files = [replace(file, target=places[names[file.path]]) for file in files]
    missing = [file for file in files if not _has(folder, file)]
    existing = [str(file.target) for file in missing if os.path.lexists(file.target)]
    if existing and not overwrite:
        more = f" and {len(existing) - MAX_LISTED} more" if len(existing) > MAX_LISTED else ""
        raise FolderError(
            f"{quoted(existing[:MAX_LISTED])}{more} would be replaced. Use --overwrite, or -o to choose another folder."
        )
    size = sum(file.size for file in missing)
    check_free_space(folder.path, size, files=len(missing))
    listener.begin("fetch", size)
    try:
        with Downloader(
            api,
            session=session,
            version=version,
            records=State.read(api.url, folder).part_records,
            on_bytes=lambda count: listener.advance("fetch", count),
            on_placed=lambda *_: None,
            check_target=lambda file: _check_inside(folder, file),
        ) as downloader:
            downloader.fetch(missing)
    finally:
        listener.end("fetch")
    written = sorted(file.target.relative_to(folder.path).as_posix() for file in missing)
    return LoadedDerivatives(written=tuple(written), unchanged=len(files) - len(missing), bytes=size)


def _has(folder: Folder, file: RemoteFile) -> bool:
    """Return whether the folder has the file with the same contents."""
    _check_inside(folder, file)
    try:
        result = os.lstat(file.target)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(result.st_mode):
        raise FolderError(f"{file.target} is no file. Move it, or use -o to choose another folder.")
    return result.st_size == file.size and hash_file(file.target, name=file.path).sha256 == file.sha256


def _check_inside(folder: Folder, file: RemoteFile) -> None:
    if not folder.is_inside(file.target):
        raise FolderError(f"“{file.path}” would leave the folder through a link. It was not written.")
