"""Imports a ZIP as new sessions: ours, the original session manager's (one, or its whole folder), or any folder of media. All or nothing.

`check` jobs tell what an import would bring, and store nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core import metadata, origins
from dubbing_core.history import blob_path
from dubbing_core.manifest import Manifest
from dubbing_core.selection import HISTORY_SUFFIX
from dubbing_core.session_names import SessionNameError, normalize_session_name, session_name_from_zip
from dubbing_core.texts import ExtractedTexts
from dubbing_core.zips.reader import Archive, read_archive
from sessions_app.access import Action
from sessions_app.models import Blob, DubbingSession, Job, Upload, Version
from sessions_app.operations.accounts import quotas
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.imports.plan import Contents, read_contents
from sessions_app.operations.imports.preview import forecast
from sessions_app.operations.ingest.from_archive import ingest_members
from sessions_app.operations.ingest.sources import ArchiveSource, FileSource, StoreSource
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.create import create_job
from sessions_app.operations.jobs.registry import handles
from sessions_app.operations.limits import archive_limits
from sessions_app.operations.saves.placement import build_entry, find_video_name
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.uploads.discard import delete_uploads
from sessions_app.operations.uploads.staging import object_key
from sessions_app.operations.versions.commit import commit_version
from sessions_app.operations.versions.documents import read_texts
from sessions_app.operations.versions.history import HistoryRows, build_history, commit_history
from sessions_app.operations.versions.new_version import NewVersion

MESSAGE_LENGTH = 500


def request(
    *, upload: Upload, owner: AbstractBaseUser, name: str, now: datetime, kind: Job.Kind = Job.Kind.IMPORT
) -> Job:
    """Queue the import of an uploaded ZIP, or the check of what it would bring; an empty ``name`` means: as the ZIP is called.

    :raises BadInputError: the name cannot be used, or the upload is not complete.
    """
    if upload.state != Upload.State.RECEIVED:
        raise BadInputError(
            "The ZIP is not complete yet. Wait for the upload, then import.", code="upload_incomplete"
        )
    if upload.members is not None:
        raise BadInputError("A pack of files is no ZIP. Send the ZIP alone.", code="upload_is_pack")
    params = {"name": _checked(name), "filename": upload.path, "upload_count": 1}
    return create_job(kind=kind, owner=owner, params=params, uploads=[upload], now=now)


def request_checked(*, check: Job, name: str, now: datetime) -> Job:
    """Queue the import of the ZIP that a job has checked.

    :raises NotAllowedError: the job has checked none, or the ZIP is gone by now.
    :raises BadInputError: the name cannot be used.
    """
    if check.kind != Job.Kind.PREVIEW or check.state != Job.State.SUCCEEDED:
        raise NotAllowedError("Only a ZIP that was checked can be imported from here.", code="not_previewed")
    upload = check.uploads.filter(state=Upload.State.RECEIVED).first()
    if upload is None:
        raise NotAllowedError("The uploaded ZIP is gone by now. Upload it again.", code="uploads_deleted")
    return request(upload=upload, owner=check.owner, name=name, now=now)


def request_file(
    *, file: Path, owner: AbstractBaseUser, name: str, now: datetime, kind: Job.Kind = Job.Kind.IMPORT
) -> Job:
    """Write down the import or check of a ZIP on this machine, for a caller that runs the job itself.

    :raises BadInputError: there is no such file, or the name cannot be used.
    """
    if not file.is_file():
        raise BadInputError(f"There is no file {file}.", code="no_such_file")
    params = {"name": _checked(name), "filename": file.name, "file": str(file.resolve())}
    return create_job(kind=kind, owner=owner, params=params, now=now, publish=False)


@handles(Job.Kind.PREVIEW, Action.EDIT)
def perform_check(context: JobContext) -> None:
    """Read what the archive says it holds, and tell it as the job's result."""
    job = context.job
    archive = _archive(_source(context))
    contents = read_contents(archive)
    named = list(zip(_names_for(job, contents), contents, strict=True))
    told = forecast(archive, named, owner=job.owner, now=context.clock())
    context.finish(lambda: told)


@handles(Job.Kind.IMPORT, Action.EDIT)
def perform(context: JobContext) -> None:
    """Read the whole archive, store its files, then make the sessions; whatever goes wrong, there are none."""
    source = _source(context)
    archive = _archive(source)
    contents = read_contents(archive)
    names = _names_for(context.job, contents)
    size = sum(each.total_size for each in contents)
    # The uploaded ZIP counts until its files have taken its place.
    quotas.check(context.job.owner, adding=max(0, size - source.size))
    context.expect(size)
    stored = _take_in(context, archive, source, contents)
    arrivals = [
        Arrival(name=name, what=_arrival(context, each, _Blobs(each, stored)))
        for name, each in zip(names, contents, strict=True)
    ]
    context.finish(partial(_commit, context, arrivals))
    for upload in Upload.objects.filter(job=context.job):
        delete_uploads([upload])


def _archive(source: ArchiveSource) -> Archive:
    return read_archive(source, archive_limits(), seek_cost=source.seek_cost)


def _source(context: JobContext) -> ArchiveSource:
    job = context.job
    if file := job.params.get("file"):
        path = Path(file)
        if not path.is_file():
            raise BadInputError(
                f"The file {path} is not on this machine any more. Import it again.", code="no_such_file"
            )
        return FileSource(path)
    upload = job.uploads.filter(state=Upload.State.RECEIVED).first()
    if upload is None:
        raise BadInputError("The uploaded ZIP is gone by now. Upload it again.", code="uploads_deleted")
    return StoreSource(context.store, object_key(upload), upload.size)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What is going to be one session, under this name if it is free."""

    name: str
    what: NewVersion | HistoryRows


class _Blobs:
    """The blobs of one session's files."""

    def __init__(self, contents: Contents, stored: Mapping[str, Blob]) -> None:
        members = contents.members
        self.placed = {placed.path: stored[members[placed.source].name] for placed in contents.placements}
        """By the path in the session."""
        self.older = {sha256: stored[member.name] for sha256, member in contents.older.items()}
        """What only older versions hold, by SHA-256."""


def _take_in(
    context: JobContext, archive: Archive, source: ArchiveSource, contents: Sequence[Contents]
) -> dict[str, Blob]:
    """Store the files, see that they are those that were exported, and return their blobs by the members' names.

    :raises BadInputError: `proof_differs`, one of them is not.
    """
    members = [member for each in contents for member in each.stored]
    blobs = ingest_members(context, archive=archive, source=source, members=members)
    stored = {member.name: blob for member, blob in zip(members, blobs, strict=True)}
    for each in contents:
        _check_digests(each, stored)
    return stored


def _check_digests(contents: Contents, stored: Mapping[str, Blob]) -> None:
    expected = {name: proven.sha256 for name, proven in (contents.proven or {}).items()}
    if contents.history is not None:
        expected |= {
            entry.path: entry.sha256 for entry in contents.history.entries if entry.removed_in is None
        }
        expected |= {blob_path(sha256): sha256 for sha256 in contents.older}
    for member in contents.stored:
        sha256 = stored[member.name].sha256
        if sha256 != expected.get(member.name.removeprefix(contents.folder), sha256):
            raise BadInputError(
                f"“{member.name}” in this ZIP is not the file that was exported: its SHA-256 differs. "
                "Export the session again.",
                code="proof_differs",
            )


def _arrival(context: JobContext, contents: Contents, blobs: _Blobs) -> NewVersion | HistoryRows:
    """Prepare what is going to be written: one version, or all of them."""
    if contents.history is None:
        return _new_version(context, contents, blobs.placed)
    known = {blob.sha256: blob for blob in (*blobs.placed.values(), *blobs.older.values())}
    return build_history(contents.history, blobs=known, now=context.clock(), between=context.check)


def _new_version(context: JobContext, contents: Contents, blobs: Mapping[str, Blob]) -> NewVersion:
    placements = contents.placements
    entries = [build_entry(placed, blobs[placed.path]) for placed in placements]
    manifest = Manifest.from_entries(origins.resolve_origin_conflicts(entries, newest=()))
    now = context.clock()
    told = metadata.read_timestamps(contents.document or {})
    changed = {placed.path for placed in placements}
    document = metadata.build_document(
        contents.document,
        entries=manifest.entries,
        video_name=None if (contents.document or {}).get("video_name") else find_video_name(placements),
        texts=ExtractedTexts()
        if contents.document is not None
        else read_texts(context.store, manifest, changed=changed, languages=contents.languages),
        created_at=told.created_at or now,
        last_updated=told.last_updated or now,
        last_accessed=told.last_accessed or now,
        keep_stage=True,
    )
    return NewVersion(
        manifest=manifest,
        blob_ids={path: blob.pk for path, blob in blobs.items()},
        document=document,
        message=f"Imported from {context.job.params['filename']}"[:MESSAGE_LENGTH],
    )


def _commit(context: JobContext, arrivals: Sequence[Arrival]) -> dict[str, object]:
    made = [_session(context, arrival) for arrival in arrivals]
    told = [_told(version, arrival) for version, arrival in zip(made, arrivals, strict=True)]
    if len(made) > 1:
        return {**told[0], "sessions": told}
    Job.objects.filter(pk=context.job.pk).update(session=made[0].session)
    return told[0]


def _session(context: JobContext, arrival: Arrival) -> Version:
    """Make one session and return its newest version."""
    now, owner = context.clock(), context.job.owner
    session = create_session(owner=owner, name=arrival.name, now=now)
    if isinstance(arrival.what, HistoryRows):
        version = commit_history(arrival.what, session=session, now=now)
    else:
        version = commit_version(session=session, parent=None, new=arrival.what, author=owner, now=now)
    told = metadata.read_timestamps(version.metadata)
    DubbingSession.objects.filter(pk=session.pk).update(
        created_at=told.created_at or now,
        last_updated=told.last_updated or now,
        last_accessed=told.last_accessed or now,
    )
    version.session = session
    return version


def _told(version: Version, arrival: Arrival) -> dict[str, object]:
    return {
        "session": str(version.session.code),
        "name": version.session.name,
        "requested_name": arrival.name,
        "version": version.number,
        "files": version.file_count,
        "total_size": version.total_size,
    }


def _names_for(job: Job, contents: Sequence[Contents]) -> list[str]:
    """Return what each session shall be called: as was asked for, as its folder, or as the archive.

    :raises BadInputError: `name_not_allowed`, one name cannot be that of several sessions.
    """
    name: str = job.params["name"]
    if len(contents) > 1:
        if name:
            raise BadInputError(
                f"This ZIP holds {len(contents)} sessions, which keep the names of their folders. Leave the name out.",
                code="name_not_allowed",
            )
        folders = [each.folder.removesuffix("/").rpartition("/")[2] for each in contents]
        return [session_name_from_zip(f"{folder}.zip", ours=False) for folder in folders]
    (only,) = contents
    part = HISTORY_SUFFIX if only.history is not None else ""
    return [name or session_name_from_zip(job.params["filename"], ours=only.is_ours, part=part)]


def _checked(name: str) -> str:
    try:
        return normalize_session_name(name) if name.strip() else ""
    except SessionNameError as error:
        raise BadInputError(str(error), code=error.code) from error
