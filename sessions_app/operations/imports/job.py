"""Jobs of an import and of its preview."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dubbing_core.selection import HISTORY_SUFFIX, SAVED_SUFFIX
from dubbing_core.sentences import sentence
from dubbing_core.session_names import derive_session_name, restore_session_name
from dubbing_core.zips.name_encodings import READABLE_CODES, NameReading
from dubbing_core.zips.name_readings import ReadNames, list_name_readings
from dubbing_core.zips.reader import Archive, ZipError, read_archive
from dubbing_core.zips.split_archives import explain_part
from sessions_app.access import Action
from sessions_app.models import Job, Upload
from sessions_app.operations.accounts.quotas import check_quota, lock_quota
from sessions_app.operations.disk_space import BYTES_PER_FILE, check_disk_space
from sessions_app.operations.errors import BadInputError, DiskFullError
from sessions_app.operations.imports.contents import ingest_sessions
from sessions_app.operations.imports.new_session import build_new_session, create_sessions
from sessions_app.operations.imports.plan import ArchivePlan, SessionPlan, plan_sessions
from sessions_app.operations.imports.preview import (
    build_import_preview,
    describe_readings,
    describe_rest,
    get_known_size,
)
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
    source = _open_source(job, context)
    readings = _list_readings(job, source)
    reading = _get_reading(job) or (readings[0].reading if readings else None)
    archive = _read_archive(job, source, reading)
    plan = plan_sessions(archive, folders=job.params.get("sessions"))
    preview = build_import_preview(
        archive, plan, names=_choose_names(job, plan), owner=job.owner, now=context.clock()
    )
    with context.finish() as result:
        result.update(preview)
        if reading is not None:
            result.update(describe_readings(readings, reading))


@handles(Job.Kind.IMPORT, Action.EDIT)
def perform_import(context: JobContext) -> None:
    """Read the whole archive, store its files, then create the sessions.

    A damaged session does not stop the others. If none can be imported, nothing is stored.
    """
    job = context.job
    source = _open_source(job, context)
    archive = _read_archive(job, source, _get_reading(job))
    plan = plan_sessions(archive, folders=job.params.get("sessions"))
    names = _choose_names(job, plan)
    size = sum(session.total_size for session in plan.sessions)
    # An uploaded ZIP counts until the job has replaced it by its files; one on this machine never did.
    counted = 0 if "file" in job.params else source.size
    check_quota(job.owner_id, adding=max(0, size - counted))
    _check_space(context, plan.sessions)
    context.expect(size)
    stored, failed = ingest_sessions(context, archive, source, plan.sessions)
    sessions = [
        build_new_session(context, session, name=names[session.folder], blobs=blobs)
        for session, blobs in stored
    ]
    adding = max(0, sum(session.total_size for session, _ in stored) - counted)
    with context.finish() as result:
        # Again: other imports of the owner may have used up the quota in the meantime.
        lock_quota(job.owner)
        check_quota(job.owner_id, adding=adding)
        result.update(create_sessions(context, sessions))
        result.update(describe_rest(plan, [*plan.failed, *failed]))
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
                sentence("The file %(path)s was moved or deleted. Import it again.", path=path),
                code="no_such_file",
            )
        return FileSource(path)
    upload = job.uploads.filter(state=Upload.State.RECEIVED).first()
    if upload is None:
        raise BadInputError(
            sentence("The uploaded ZIP has expired. Upload it again."), code="uploads_deleted"
        )
    return StoreSource(context.store, object_key(upload), upload.size)


def _get_reading(job: Job) -> NameReading | None:
    return NameReading(job.params["reading"]) if job.params.get("reading") else None


def _list_readings(job: Job, source: ArchiveSource) -> list[ReadNames]:
    """Return the readings of an archive whose names are not UTF-8 with slashes."""
    try:
        read_archive(source, archive_limits(), seek_cost=source.seek_cost)
    except ZipError as error:
        if error.code not in READABLE_CODES:
            raise explain_part(error, job.params["filename"]) from error
        readings = list_name_readings(source, archive_limits())
        if not readings:
            raise
        return readings
    return []


def _read_archive(job: Job, source: ArchiveSource, reading: NameReading | None) -> Archive:
    try:
        return read_archive(source, archive_limits(), seek_cost=source.seek_cost, reading=reading)
    except ZipError as error:
        raise explain_part(error, job.params["filename"]) from error


def _choose_names(job: Job, plan: ArchivePlan) -> dict[str, str]:
    """Return a name for each session by its folder.

    It is the requested one, or that of the folder or the archive.

    :raises BadInputError: `name_not_allowed`, one name was requested for several sessions.
    """
    name: str = job.params["name"]
    requested: dict[str, str] = job.params.get("sessions") or {}
    if name and len(plan.sessions) > 1:
        raise BadInputError(
            sentence(
                "This ZIP contains %(count)s sessions, which are named after their folders. Leave the name "
                "out.",
                count=len(plan.sessions),
            ),
            code="name_not_allowed",
        )
    return {
        session.folder: requested.get(session.folder) or name or _derive_name(job, session)
        for session in plan.sessions
    }


def _derive_name(job: Job, session: SessionPlan) -> str:
    if session.folder:
        folder = session.folder.removesuffix("/").rpartition("/")[2]
        name = derive_session_name(f"{folder}.zip", is_export=False)
    else:
        parts = [HISTORY_SUFFIX] if session.history is not None else []
        parts += [SAVED_SUFFIX] if session.exported is not None and session.exported.is_as_saved else []
        part = "_".join(parts)
        name = derive_session_name(job.params["filename"], is_export=session.is_export, part=part)
    return restore_session_name(name, (session.document or {}).get("session_name"))
