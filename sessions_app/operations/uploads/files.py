"""Uploaded files: an upload of one file, or the files of a pack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sessions_app.models import Upload


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """A file in an upload: the whole of it, or a range of a pack."""

    path: str
    size: int
    """In bytes."""
    sha256: str
    """As the client declared it, or ""."""
    upload: Upload
    start: int = 0
    """Offset of its bytes in the upload."""
    is_executable: bool | None = None
    """None if unknown: that of the file that it replaces."""
    mtime_ns: int | None = None


def iter_files(upload: Upload) -> Iterator[UploadedFile]:
    """Yield the files that the upload contains."""
    if upload.members is None:
        yield UploadedFile(
            path=upload.path,
            size=upload.size,
            sha256=upload.sha256,
            upload=upload,
            is_executable=upload.is_executable,
            mtime_ns=upload.mtime_ns,
        )
        return
    start = 0
    # Packs that an earlier release created have no facts besides path, size and hash.
    for path, size, sha256, *facts in upload.members:
        is_executable, mtime_ns = facts or (None, None)
        yield UploadedFile(
            path=path,
            size=size,
            sha256=sha256,
            upload=upload,
            start=start,
            is_executable=is_executable,
            mtime_ns=mtime_ns,
        )
        start += size
