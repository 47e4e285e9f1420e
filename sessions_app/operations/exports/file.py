"""Export to a file on this machine."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.exports.local_file import write_file
from sessions_app.exports.stream import stream_segments
from sessions_app.models import Version
from sessions_app.operations.exports.layout import get_export_layout
from sessions_app.storage import atomic_files, get_store
from sessions_app.storage.disk import are_on_one_disk, get_free_space
from sessions_app.storage.store import BlobStore


def write_export(*, version: Version, destination: Path, selection: Selection = WHOLE_VERSION) -> int:
    """Write a version's ZIP to a file; return its size in bytes.

    The file appears when it is complete.

    :raises BadInputError: as `get_export_layout` does.
    :raises OSError: it does not fit; nothing was written.
    """
    layout = get_export_layout(version, session_name=version.session.name, selection=selection)
    store = get_store()
    _check_space(destination, layout.size, store=store)
    files = store.capabilities.local_files
    if files is not None:
        write_file(layout, destination, files=files, on_bytes=lambda _: None)
    else:
        with atomic_files.create_file(destination, key=destination.name, replace=True) as target:
            for chunk in stream_segments(layout.segments, reader=store):
                atomic_files.write_all(target, chunk)
    return layout.size


def _check_space(destination: Path, size: int, *, store: BlobStore) -> None:
    folder = destination.parent
    if size <= get_free_space(folder):
        return
    files = store.capabilities.local_files
    disk = store.capabilities.disk
    if (
        files is not None
        and disk is not None
        and are_on_one_disk(files.local_path("blobs"), folder)
        and disk.shares_blocks()
    ):
        return
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(destination))
