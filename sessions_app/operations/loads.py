"""Load of a version: its files are written into a folder on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dubbing_core.categories import METADATA_NAME
from dubbing_core.concurrency import run_in_threads
from dubbing_core.digests import compute_digest
from dubbing_core.hidden_files import find_hidden
from dubbing_core.manifest import ManifestEntry, project_entries
from dubbing_core.name_mapping import LINUX, SYSTEMS, map_paths, needs_mapping
from dubbing_core.paths import escape_for_message, has_invisible_characters
from dubbing_core.sentences import sentence
from sessions_app.exports.blob_files import BlobFile, write_blob_files
from sessions_app.exports.metadata_file import render_metadata_file
from sessions_app.exports.name_probe import probe_rules
from sessions_app.exports.target_folder import FileFacts, TargetFolder, TargetFolderError, TargetState
from sessions_app.models import Version
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.sessions.last_accessed import touch_session
from sessions_app.queries.manifests import get_version_manifest
from sessions_app.storage import get_store
from sessions_app.storage.atomic_files import write_all

COMPARE_THREADS = 2
"""Files that are compared at a time; hashing releases the interpreter lock."""
MAX_NAMED_FILES = 3
"""Files that an error message names."""


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    written: int
    """Number of files written."""
    unchanged: int
    """Number of files that had the right bytes already and were not touched."""
    size: int
    """Bytes of the written files."""
    renamed: Mapping[str, str]
    """Path as saved -> path in the folder, of files with names that this system cannot hold."""


def load_version(
    *,
    version: Version,
    folder: Path,
    overwrite: bool,
    now: datetime,
    as_saved: bool = True,
    allow_hidden: bool = False,
    allow_invisible: bool = False,
) -> LoadResult:
    """Write the version's files into an existing folder.

    As saved, the folder gets exactly the files that were saved, with their modification times and executable bits, and empty folders. In the
    session's tree it also gets the metadata.json of an export. Names that this system cannot hold are mapped.

    Files that are not part of the version stay; files with the right bytes are not touched, because reading is cheaper than writing
    and their times are preserved. All new files are written under hidden names first, then renamed: an error before that leaves the
    folder's files as they were (new folders remain). Nothing is synced to the disk: this is a working copy.

    :param as_saved: write each file to the path it was saved from, instead of its path in the session's tree.
    :param allow_hidden: write hidden files, such as `.git/config`, which other programs obey.
    :param allow_invisible: write names with invisible or bidirectional characters.
    :raises NotAllowedError: `load_differs`, files with other bytes exist and ``overwrite`` is false; `load_hidden_files` or
        `load_invisible_characters`, such files would be written. Nothing was written.
    :raises BadInputError: `load_path_is_folder` or `load_folder_is_file`, a folder is in the place of a file or the reverse. A
        symbolic link counts as a file and is not followed.
    :raises StoreError: a blob could not be read.
    :raises OSError: the folder cannot be written.
    """
    manifest = get_version_manifest(version)
    document = b"" if as_saved else _render_document(version)
    digest = compute_digest([document])
    document_file = BlobFile(path=METADATA_NAME, sha256=digest.sha256, size=digest.size)
    entries = list(manifest.entries) if as_saved else project_entries(manifest.entries)
    folders = [f"{folder}/" for folder in manifest.empty_folders] if as_saved else []
    names = _map_names(folder, entries, folders, as_saved=as_saved)
    files = [] if as_saved else [document_file]
    files += [_build_file(entry, names[entry.path]) for entry in entries]
    try:
        with TargetFolder(folder) as target:
            missing = _find_missing(files, target, folder=folder, overwrite=overwrite)
            paths = [file.path for file in missing]
            paths += [names[each] for each in folders if not os.path.lexists(folder / names[each])]
            _check_names(paths, allow_hidden=allow_hidden, allow_invisible=allow_invisible)
            blob_files = [file for file in missing if file is not document_file]
            write_blob_files(blob_files, target, store=get_store())
            if document_file in missing:
                _write_document(document, target)
            for folder_path in folders:
                target.create_folder(names[folder_path].removesuffix("/"))
            target.commit()
    except TargetFolderError as error:
        raise BadInputError(str(error), code=error.code) from error
    touch_session(version.session, now=now)
    return LoadResult(
        written=len(missing),
        unchanged=len(files) - len(missing),
        size=sum(file.size for file in missing),
        renamed={entry.path: names[entry.path] for entry in entries if names[entry.path] != entry.path},
    )


def _render_document(version: Version) -> bytes:
    return render_metadata_file(version.complete_metadata, session_name=version.session.name)


def _write_document(document: bytes, target: TargetFolder) -> None:
    with target.create_file(METADATA_NAME) as descriptor:
        write_all(descriptor, document)


def _map_names(
    folder: Path, entries: Sequence[ManifestEntry], folders: Sequence[str], *, as_saved: bool
) -> dict[str, str]:
    """Return the path in the folder of each file and empty folder."""
    paths = [*(entry.path for entry in entries), *folders]
    taken = [] if as_saved else [METADATA_NAME]
    needs_probe = needs_mapping([*paths, *taken])
    rules = probe_rules(folder) if needs_probe else SYSTEMS.get(sys.platform, LINUX)
    return map_paths(paths, rules, taken=taken)


def _build_file(entry: ManifestEntry, path: str) -> BlobFile:
    return BlobFile(
        path=path,
        sha256=entry.sha256,
        size=entry.size,
        facts=FileFacts(is_executable=entry.is_executable, mtime_ns=entry.mtime_ns),
    )


def _find_missing(
    files: Sequence[BlobFile], target: TargetFolder, *, folder: Path, overwrite: bool
) -> list[BlobFile]:
    """Return the files that must be written."""

    def compare(file: BlobFile) -> TargetState:
        return target.compare(file.path, size=file.size, sha256=file.sha256)

    states = run_in_threads(compare, files, threads=COMPARE_THREADS, name="load")
    compared = list(zip(files, states, strict=True))
    differing = [file.path for file, state in compared if state is TargetState.DIFFERENT]
    if differing and not overwrite:
        raise _differing_files_error(differing, folder)
    return [file for file, state in compared if state is not TargetState.SAME]


def _check_names(paths: Sequence[str], *, allow_hidden: bool, allow_invisible: bool) -> None:
    """Refuse names that need a permission that is not given.

    :param paths: of files, and of empty folders with a slash.
    """
    if not allow_hidden and (hidden := find_hidden(paths)):
        raise NotAllowedError(
            sentence(
                "Hidden files and folders may change what other programs do, or start some: %(names)s. "
                "Nothing was written. If you trust their author, load with --allow-hidden.",
                names=_quote(hidden),
            ),
            code="load_hidden_files",
        )
    if not allow_invisible and (invisible := list(filter(has_invisible_characters, paths))):
        raise NotAllowedError(
            sentence(
                "Invisible characters make a name look like another: %(names)s. Nothing was written. If "
                "you expect these names, load with --allow-invisible.",
                names=_quote(invisible),
            ),
            code="load_invisible_characters",
        )


def _differing_files_error(paths: Sequence[str], folder: Path) -> NotAllowedError:
    return NotAllowedError(
        sentence(
            "%(folder)s contains other files with the same names: %(names)s. Nothing was written. Load "
            "into another folder, or allow overwriting.",
            folder=folder,
            names=_quote(paths),
        ),
        code="load_differs",
    )


def _quote(paths: Sequence[str]) -> str:
    """Quote the first paths and count the rest."""
    shown = ", ".join(f"“{escape_for_message(path)}”" for path in paths[:MAX_NAMED_FILES])
    more = f" and {len(paths) - MAX_NAMED_FILES} more" if len(paths) > MAX_NAMED_FILES else ""
    return shown + more
