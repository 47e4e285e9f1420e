"""Job of a save: ingest its uploads, commit the version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from dubbing_core.metadata_reading import MetadataReading
from dubbing_core.placement import Placement, find_metadata
from dubbing_core.sentences import sentence
from sessions_app.access import Action
from sessions_app.models import DubbingSession, Job, Upload, Version
from sessions_app.models.compiled_query import compiled
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.ingest.from_uploads import DigestDiffersError, ingest_uploads, read_uploaded_file
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.registry import handles
from sessions_app.operations.saves.conflict import describe_save_conflict
from sessions_app.operations.saves.corrections import read_corrections
from sessions_app.operations.saves.new_version import build_new_version, drop_unchanged
from sessions_app.operations.saves.paths import check_paths
from sessions_app.operations.saves.placement import place_in_session
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.uploads.errors import UploadsDeletedError
from sessions_app.operations.uploads.files import UploadedFile, iter_files
from sessions_app.operations.uploads.resume import prevent_resume
from sessions_app.operations.uploads.staging import delete_staged_bytes
from sessions_app.operations.versions.commit import PreparedVersion, commit_prepared, prepare_version
from sessions_app.operations.versions.conflict import is_up_to_date
from sessions_app.operations.versions.documents import read_document
from sessions_app.queries.manifests import VersionContents, get_version_contents


@handles(Job.Kind.SAVE, Action.EDIT)
def perform_save(context: JobContext) -> None:
    """Make blobs of the uploads and commit a version of them.

    The uploads exist until then. A new session is created together with its first version.
    """
    job = context.job
    session = job.session  # None if it is to be created
    uploads = _find_uploads(job)
    if len(uploads) != job.params["upload_count"]:
        raise UploadsDeletedError
    files = [file for upload in uploads for file in iter_files(upload)]
    parent = _require_parent(job, session, files)
    context.expect(sum(file.size for file in files))
    if session is not None and session.is_trashed:
        raise BadInputError(
            sentence("This session is in the trash. Restore it, then save again."), code="trashed"
        )
    paths = [file.path for file in files]
    check_paths(paths)
    before = get_version_contents(parent)
    rooted = bool(job.params.get("rooted"))
    metadata = _read_uploaded_metadata(context, files, rooted=rooted)
    placements = place_in_session(
        paths,
        current=before,
        rooted=rooted,
        removed=job.params["removed"],
        targets=job.params.get("targets", {}),
        recognized=set(job.params.get("recognized", ())),
        has_metadata=metadata is not None and metadata.is_intact,
    )
    placements = _add_facts(placements, files, before)
    try:
        blobs = ingest_uploads(context, files)
    except DigestDiffersError as error:
        prevent_resume(error.upload)
        raise
    added = [(placement, blobs[placement.source]) for placement in placements]
    now = context.clock()
    new = build_new_version(
        context,
        session,
        before,
        now=now,
        added=drop_unchanged(added, base=_get_base(job, session)),
        uploaded=metadata.document if metadata else None,
        corrections=read_corrections(job.params, placements),
    )
    context.renew_connection()
    prepared = prepare_version(
        session=session, parent=before.version, before=before.manifest, new=new, author=job.owner, now=now
    )
    with context.finish() as result:
        if metadata and metadata.warnings:
            result["warnings"] = list(metadata.warnings)
        result.update(_commit(context, session, prepared, created_at=now))
    for upload in uploads:
        delete_staged_bytes(upload)


@compiled
def _find_uploads(job: Job) -> QuerySet[Upload]:
    return Upload.objects.filter(job_id=job.pk).select_related("blob").order_by("-size", "pk")


def _get_base(job: Job, session: DubbingSession | None) -> Version | None:
    """Return the older version that the files were changed from, if any."""
    base = job.params.get("base")
    if session is None or base is None or job.params["replace"] or base >= job.params["parent"]:
        return None
    return Version.objects.filter(session=session, number=base).first()


def _require_parent(
    job: Job, session: DubbingSession | None, files: Sequence[UploadedFile]
) -> Version | None:
    if session is None:
        return None
    parent = int(job.params["parent"])
    if not is_up_to_date(session, parent):
        raise describe_save_conflict(
            session,
            parent=int(job.params.get("base", parent)),
            hashes={file.path: file.sha256 for file in files},
            removed=job.params["removed"],
            replaces_all=job.params["replace"],
            rooted=bool(job.params.get("rooted")),
            targets=job.params.get("targets", {}),
        )
    return session.current


def _read_uploaded_metadata(
    context: JobContext, files: Sequence[UploadedFile], *, rooted: bool
) -> MetadataReading | None:
    """Read the metadata.json among the files, if there is one."""
    path = find_metadata([file.path for file in files], rooted=rooted)
    if path is None:
        return None
    file = next(file for file in files if file.path == path)
    return read_document(read_uploaded_file(context.store, file), file.size)


def _add_facts(
    placements: Sequence[Placement], files: Sequence[UploadedFile], before: VersionContents
) -> list[Placement]:
    """Return the placements with executable bit and modification time of their files.

    Browsers do not know the bit: a file without one keeps that of the file that it replaces.
    """
    by_path = {file.path: file for file in files}
    executable = {entry.path for entry in before.manifest.entries if entry.is_executable}
    return [
        replace(
            placement,
            is_executable=placement.path in executable if file.is_executable is None else file.is_executable,
            mtime_ns=file.mtime_ns,
        )
        for placement in placements
        for file in [by_path[placement.source]]
    ]


def _commit(
    context: JobContext,
    session: DubbingSession | None,
    prepared: PreparedVersion,
    *,
    created_at: datetime,
) -> dict[str, object]:
    """Commit the version, and create its session first if there is none.

    :param created_at: of a new session, as in the version's document.
    """
    job = context.job
    created: dict[str, object] = {}
    if session is None:
        name = job.params["name"]
        session = create_session(owner=job.owner, name=name, now=created_at)
        Job.objects.filter(pk=job.pk).update(session=session)
        created = {"session": str(session.code), "name": session.name, "requested_name": name}
    version = commit_prepared(prepared, session=session, now=context.clock())
    Upload.objects.delete_rows_of_job(job.pk)
    left_out = prepared.new.left_out.count
    return {
        **created,
        "version": version.number,
        "files": version.file_count,
        "stored_size": version.stored_size,
        **({"left_out": left_out} if left_out else {}),
    }
