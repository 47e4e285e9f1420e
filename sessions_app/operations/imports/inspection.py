"""Looks at archives without storing anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dubbing_core.zips.reader import Archive, ArchiveLimits, ZipError, read_archive
from sessions_app.exports import verify
from sessions_app.operations.ingest.sources import FileSource
from sessions_app.operations.limits import archive_limits

EXPORT_LIMITS = ArchiveLimits(
    max_entries=1_000_000, max_total_size=1 << 62, max_central_size=256 * 1024 * 1024
)
"""A history may hold more than one session may."""


@dataclass(frozen=True, kw_only=True)
class Inspection:
    file: str
    accepted: bool
    code: str = ""
    message: str = ""
    members: int = 0
    """Files, without folders and what operating systems leave behind."""
    total_size: int = 0
    """In bytes, unpacked."""

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
    """Check an export with the very program that lies in it, after the archive itself was found sound."""
    inspection = inspect(file, allowed=EXPORT_LIMITS)
    if not inspection.accepted:
        return Verification(file=str(file), verified=False, problems=(inspection.message,))
    try:
        problems = verify.problems_in(file)
    except (OSError, LookupError, TypeError, ValueError, RecursionError):
        problems = ["This ZIP holds no manifest to check it against: it was not exported by a portal."]
    return Verification(file=str(file), verified=not problems, problems=tuple(problems))


def inspect(file: Path, *, allowed: ArchiveLimits | None = None) -> Inspection:
    """Read a ZIP from its first to its last byte, by the rules of an import. One without files is sound, if of no use.

    :param allowed: what the archive may declare; as much as in an import if None.
    """
    try:
        source = FileSource(file)
        archive = read_archive(source, allowed or archive_limits(), seek_cost=source.seek_cost)
        _read_through(archive)
    except ZipError as error:
        return Inspection(file=str(file), accepted=False, code=error.code, message=str(error))
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or error}."
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
