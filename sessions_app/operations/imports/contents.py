"""Contents of an import's sessions: stored, and compared with checksums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dubbing_core.history import blob_path
from dubbing_core.paths import escape_for_message
from dubbing_core.sentences import sentence
from dubbing_core.zips.reader import Archive, ZipError
from sessions_app.models import Blob
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.imports.plan import FailedSession, SessionPlan
from sessions_app.operations.ingest.from_archive import ingest_members
from sessions_app.operations.ingest.sources import ArchiveSource
from sessions_app.operations.jobs.context import JobContext

StoredSession = tuple[SessionPlan, Mapping[str, Blob]]
"""A session with the blobs of its members, by their name."""


def ingest_sessions(
    context: JobContext, archive: Archive, source: ArchiveSource, plans: Sequence[SessionPlan]
) -> tuple[list[StoredSession], list[FailedSession]]:
    """Store the files of all sessions that are not damaged.

    :raises ZipError: none of them can be read.
    :raises BadInputError: none of them is what was exported.
    """
    plans = list(plans)
    failed: list[FailedSession] = []
    blobs: dict[str, Blob] | None = None
    while blobs is None:
        try:
            blobs = _ingest(context, archive, source, plans)
        except ZipError as error:
            # What was stored already is known in the next round, so it is only read again.
            damaged = _find_session(plans, error)
            if damaged is None or len(plans) == 1:
                raise
            failed.append(FailedSession(folder=damaged.folder, code=error.code, message=str(error)))
            plans.remove(damaged)
    stored: list[StoredSession] = []
    problem: BadInputError | None = None
    for plan in plans:
        try:
            _check_digests(plan, blobs)
        except BadInputError as error:
            problem = error
            failed.append(FailedSession(folder=plan.folder, code=error.code, message=str(error)))
        else:
            stored.append((plan, blobs))
    if problem is not None and not stored:
        raise problem
    return stored, failed


def _ingest(
    context: JobContext, archive: Archive, source: ArchiveSource, plans: Sequence[SessionPlan]
) -> dict[str, Blob]:
    members = [member for plan in plans for member in plan.stored_members]
    blobs = ingest_members(context, archive=archive, source=source, members=members)
    return {member.name: blob for member, blob in zip(members, blobs, strict=True)}


def _find_session(plans: Sequence[SessionPlan], error: ZipError) -> SessionPlan | None:
    """Return the session that contains the member of an error."""
    for plan in plans:
        if any(escape_for_message(member.name) == error.member for member in plan.stored_members):
            return plan
    return None


def _check_digests(plan: SessionPlan, blobs: Mapping[str, Blob]) -> None:
    """Compare the files with the checksums of an export.

    :raises BadInputError: `proof_differs`, a file is not the exported one.
    """
    expected = {name: entry.sha256 for name, entry in plan.checksums.items()}
    if plan.history is not None:
        newest = {entry.path: entry.sha256 for entry in plan.history.entries if entry.removed_in is None}
        expected |= {placed.source: newest[placed.path] for placed in plan.placements}
        expected |= {blob_path(sha256): sha256 for sha256 in plan.older_members}
    for member in plan.stored_members:
        sha256 = blobs[member.name].sha256
        if sha256 != expected.get(member.name.removeprefix(plan.folder), sha256):
            raise BadInputError(
                sentence(
                    "“%(name)s” in this ZIP is not the file that was exported: its SHA-256 differs. Export the "
                    "session again.",
                    name=member.name,
                ),
                code="proof_differs",
            )
