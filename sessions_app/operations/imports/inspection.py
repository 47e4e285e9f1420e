"""Inspection of archives, without storing anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dubbing_core.sentences import sentence
from dubbing_core.zips.reader import Archive, ArchiveLimits, ZipError, read_archive
from dubbing_core.zips.split_archives import explain_part
from sessions_app.exports import verify
from sessions_app.operations.ingest.sources import FileSource
from sessions_app.operations.limits import archive_limits

EXPORT_LIMITS = ArchiveLimits(
    max_entries=1_000_000, max_total_size=1 << 62, max_central_size=256 * 1024 * 1024
)
"""Larger than for an import, because a history has the files of all versions."""


@dataclass(frozen=True, kw_only=True)
class Inspection:
    file: str
    accepted: bool
    code: str = ""
    message: str = ""
    members: int = 0
    """Number of files, without directories and files of operating systems."""
    total_size: int = 0
    """Unpacked size in bytes."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Verification:
    file: str
    verified: bool
    problems: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def verify_export(file: Path) -> Verification:
    """Inspect an export, then check it with the verifier that exports contain."""
    inspection = inspect_zip(file, limits=EXPORT_LIMITS)
    if not inspection.accepted:
        return Verification(file=str(file), verified=False, problems=(inspection.message,))
    try:
        problems = verify.check_export(file)
    except (OSError, LookupError, TypeError, ValueError, RecursionError):
        problems = [sentence("This ZIP has no checksum manifest: it was not exported by a portal.")]
    return Verification(file=str(file), verified=not problems, problems=tuple(problems))


def inspect_zip(file: Path, *, limits: ArchiveLimits | None = None) -> Inspection:
    """Read a whole ZIP by the rules of an import. Archives without files are accepted.

    :param limits: of the archive; those of an import if None.
    """
    try:
        source = FileSource(file)
        archive = read_archive(source, limits or archive_limits(), seek_cost=source.seek_cost)
        _read_through(archive)
    except ZipError as error:
        error = explain_part(error, file.name)
        return Inspection(file=str(file), accepted=False, code=error.code, message=str(error))
    except OSError as error:
        message = sentence("The file cannot be read: %(reason)s.", reason=error.strerror or error)
        return Inspection(file=str(file), accepted=False, code="not_readable", message=message)
    return Inspection(
        file=str(file),
        accepted=True,
        members=len(archive.files),
        total_size=sum(member.size for member in archive.files),
    )


def _read_through(archive: Archive) -> None:
    for member in archive.members:
        for _ in archive.open(member):
            pass
