"""Jobs of an import and of its preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dubbing_core.history import blob_path
from dubbing_core.selection import HISTORY_SUFFIX
from dubbing_core.session_names import derive_session_name
from dubbing_core.zips.reader import Archive, read_archive
from sessions_app.access import Action
from sessions_app.models import Blob, Job, Upload
from sessions_app.operations.accounts.quotas import check_quota, lock_quota
from sessions_app.operations.disk_space import BYTES_PER_FILE, check_disk_space
from sessions_app.operations.errors import BadInputError, DiskFullError
from sessions_app.operations.imports.new_session import build_new_session, create_sessions
from sessions_app.operations.imports.plan import SessionPlan, plan_sessions
from sessions_app.operations.imports.preview import build_import_preview, get_known_size
from sessions_app.operations.ingest.from_archive import ingest_members
from sessions_app.operations.ingest.sources import ArchiveSource, FileSource, StoreSource
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.registry import handles
from sessions_app.operations.limits import archive_limits
from sessions_app.operations.uploads.discard import delete_uploads
from sessions_app.operations.uploads.staging import object_key


@handles(Job.Kind.PREVIEW, Action.EDIT)
def perform_import_preview(context: JobContext) -> None:
    """Report what the archive declares to contain as the job's result."""
    job = context.job
    archive = _read_archive(_open_source(job, context))
    plans = plan_sessions(archive)
    named_plans = list(zip(_choose_names(job, plans), plans, strict=True))
    preview = build_import_preview(archive, named_plans, owner=job.owner, now=context.clock())
    with context.finish() as result:
        result.update(preview)


@handles(Job.Kind.IMPORT, Action.EDIT)
def perform_import(context: JobContext) -> None:
    """Read the whole archive, store its files, then create the sessions.

    After an error there are no sessions.
    """
    job = context.job
    source = _open_source(job, context)
    archive = _read_archive(source)
    plans = plan_sessions(archive)
    names = _choose_names(job, plans)
    size = sum(plan.total_size for plan in plans)
    # An uploaded ZIP counts until the job has replaced it by its files; one on this machine never did.
    counted = 0 if "file" in job.params else source.size
    adding = max(0, size - counted)
    check_quota(job.owner, adding=adding)
    _check_space(context, plans)
    context.expect(size)
    blobs = _ingest_files(context, archive, source, plans)
    sessions = [
        build_new_session(context, plan, name=name, blobs=blobs)
        for name, plan in zip(names, plans, strict=True)
    ]
    with context.finish() as result:
        # Again: other imports of the owner may have used up the quota in the meantime.
        lock_quota(job.owner)
        check_quota(job.owner, adding=adding)
        result.update(create_sessions(context, sessions))
    for upload in Upload.objects.filter(job=job):
        delete_uploads([upload])


def _check_space(context: JobContext, plans: Sequence[SessionPlan]) -> None:
    """Check that the files fit beside the archive.

    :raises DiskFullError: they do not; nothing was written.
    """
    members = [member for plan in plans for member in plan.stored_members]
    rows = BYTES_PER_FILE * len(members)
    disk = context.store.capabilities.disk
    try:
        check_disk_space(sum(member.size for member in members) + rows, now=context.clock(), job=context.job)
    except DiskFullError as error:
        known = get_known_size(plans, context.job.owner)
        if disk is not None and disk.shares_blocks():
            members = [member for member in members if not member.is_stored]
        needed = max(0, sum(member.size for member in members) - known) + rows
        if needed > error.free:
            raise DiskFullError(needed=needed, free=error.free) from None


def _open_source(job: Job, context: JobContext) -> ArchiveSource:
    if file := job.params.get("file"):
        path = Path(file)
        if not path.is_file():
            raise BadInputError(
                f"The file {path} was moved or deleted. Import it again.", code="no_such_file"
            )
        return FileSource(path)
    upload = job.uploads.filter(state=Upload.State.RECEIVED).first()
    if upload is None:
        raise BadInputError("The uploaded ZIP has expired. Upload it again.", code="uploads_deleted")
    return StoreSource(context.store, object_key(upload), upload.size)


def _read_archive(source: ArchiveSource) -> Archive:
    return read_archive(source, archive_limits(), seek_cost=source.seek_cost)


def _ingest_files(
    context: JobContext, archive: Archive, source: ArchiveSource, plans: Sequence[SessionPlan]
) -> dict[str, Blob]:
    """Store the files; return their blobs by member name.

    The files are compared with the checksums of an export.

    :raises BadInputError: `proof_differs`, a file is not the exported one.
    """
    members = [member for plan in plans for member in plan.stored_members]
    blobs = ingest_members(context, archive=archive, source=source, members=members)
    by_name = {member.name: blob for member, blob in zip(members, blobs, strict=True)}
    for plan in plans:
        _check_digests(plan, by_name)
    return by_name


def _check_digests(plan: SessionPlan, blobs: Mapping[str, Blob]) -> None:
    expected = {name: entry.sha256 for name, entry in (plan.checksums or {}).items()}
    if plan.history is not None:
        expected |= {entry.path: entry.sha256 for entry in plan.history.entries if entry.removed_in is None}
        expected |= {blob_path(sha256): sha256 for sha256 in plan.older_members}
    for member in plan.stored_members:
        sha256 = blobs[member.name].sha256
        if sha256 != expected.get(member.name.removeprefix(plan.folder), sha256):
            raise BadInputError(
                f"“{member.name}” in this ZIP is not the file that was exported: its SHA-256 differs. "
                "Export the session again.",
                code="proof_differs",
            )


def _choose_names(job: Job, plans: Sequence[SessionPlan]) -> list[str]:
    """Return a name for each session: as requested, or of its folder or the archive.

    :raises BadInputError: `name_not_allowed`, a name was requested for several sessions.
    """
    name: str = job.params["name"]
    if len(plans) > 1:
        if name:
            raise BadInputError(
                f"This ZIP contains {len(plans)} sessions, which are named after their folders. Leave the name out.",
                code="name_not_allowed",
            )
        folders = [plan.folder.removesuffix("/").rpartition("/")[2] for plan in plans]
        return [derive_session_name(f"{folder}.zip", is_export=False) for folder in folders]
    (plan,) = plans
    part = HISTORY_SUFFIX if plan.history is not None else ""
    return [name or derive_session_name(job.params["filename"], is_export=plan.is_export, part=part)]
