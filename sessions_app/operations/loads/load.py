"""Loads a version: puts its files back into a folder, where a pipeline can go on with them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dubbing_core import metadata
from dubbing_core.digests import compute_digest
from dubbing_core.paths import escape_for_message
from sessions_app.exports.folder import Folder, FolderError, Found
from sessions_app.exports.load import LoadedFile, collect
from sessions_app.models import Version
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.queries.manifests import get_version_manifest
from sessions_app.storage import get_store
from sessions_app.storage.atomic_files import write_all

THREADS = 2
"""Files that are compared at once; hashing releases the interpreter lock."""
NAMED = 3
"""Files that a refusal names."""
DOCUMENT = "metadata.json"


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a load did to the folder."""

    written: int
    """Files."""
    unchanged: int
    """Files that were there already, and were left as they are."""
    size: int
    """Bytes of the files that were written."""


def load(*, version: Version, folder: Path, overwrite: bool, now: datetime, as_saved: bool = True) -> Loaded:
    """Put the version's files into an existing folder, byte for byte, and its metadata.json as an export has it.

    :param as_saved: each to where it lay in the folder that it was saved from, not into the session's own folders.

    Files that the version does not know stay as they are, and so do those that hold the right bytes already: comparing is reading,
    which is cheaper than writing and keeps what others know about a file by its time. First everything is written beside its place,
    then it takes its place: whatever goes wrong before leaves the folder's files as they were (folders that were made stay). A file is
    there whole or not at all, but nothing is forced to the disk: this is a working copy, and the version remains.

    :raises NotAllowedError: code ``load_differs``: files of other bytes are there and ``overwrite`` is false; nothing was written.
    :raises BadInputError: codes ``load_path_is_folder`` and ``load_folder_is_file``: something else lies in the way. Links count as
        files; none is followed.
    :raises StoreError: a blob could not be read.
    :raises OSError: the folder does not take the files.
    """
    document = metadata.render_document(version.metadata, session_name=version.session.name)
    described = compute_digest([document])
    own = LoadedFile(path=DOCUMENT, sha256=described.sha256, size=described.size)
    files = [
        LoadedFile(
            path=(entry.origin if as_saved else "") or entry.path, sha256=entry.sha256, size=entry.size
        )
        for entry in get_version_manifest(version).entries
    ]
    try:
        with Folder(folder) as target:
            missing = _missing([*files, own], target, folder=folder, overwrite=overwrite)
            collect([file for file in missing if file is not own], target, store=get_store())
            if own in missing:
                with target.create_file(DOCUMENT) as descriptor:
                    write_all(descriptor, document)
            target.place()
    except FolderError as error:
        raise BadInputError(str(error), code=error.code) from error
    version.session.touch(now=now)
    return Loaded(
        written=len(missing),
        unchanged=len(files) + 1 - len(missing),
        size=sum(file.size for file in missing),
    )


def _missing(
    files: Sequence[LoadedFile], target: Folder, *, folder: Path, overwrite: bool
) -> list[LoadedFile]:
    """Return the files that have to be written."""

    def look(file: LoadedFile) -> Found:
        return target.look(file.path, size=file.size, sha256=file.sha256)

    with ThreadPoolExecutor(THREADS, thread_name_prefix="load") as pool:
        found = list(zip(files, pool.map(look, files), strict=True))
    differing = [file.path for file, what in found if what is Found.OTHER]
    if differing and not overwrite:
        raise _differ(differing, folder)
    return [file for file, what in found if what is not Found.SAME]


def _differ(paths: Sequence[str], folder: Path) -> NotAllowedError:
    shown = ", ".join(f"“{escape_for_message(path)}”" for path in paths[:NAMED])
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return NotAllowedError(
        f"{folder} holds other files under the same names: {shown}{more}. Nothing was written. "
        "Load into another folder, or say that they may be overwritten.",
        code="load_differs",
    )
