"""Export to a file on this machine."""

from __future__ import annotations

from pathlib import Path

from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.exports.local_file import write_file
from sessions_app.exports.stream import stream_segments
from sessions_app.models import Version
from sessions_app.operations.exports.layout import build_export_layout
from sessions_app.storage import atomic_files, get_store


def write_export(*, version: Version, destination: Path, selection: Selection = WHOLE_VERSION) -> int:
    """Write a version's ZIP to a file; return its size in bytes.

    The file appears when it is complete.

    :raises BadInputError: as `build_export_layout` does.
    """
    layout = build_export_layout(version, session_name=version.session.name, selection=selection)
    store = get_store()
    files = store.capabilities.local_files
    if files is not None:
        write_file(layout, destination, files=files, on_bytes=lambda _: None)
    else:
        with atomic_files.create_file(destination, key=destination.name, replace=True) as target:
            for chunk in stream_segments(layout.segments, reader=store):
                atomic_files.write_all(target, chunk)
    return layout.size
