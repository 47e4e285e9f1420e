"""Imports a ZIP as a new session: ours, the original session manager's, or a plain folder of media. All or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from sessions_app.domain import metadata, proof
from sessions_app.domain.categories import PRIVATE, Placement, find_metadata, sort_tree
from sessions_app.domain.manifest import Manifest
from sessions_app.domain.naming import SessionNameError, clean_name, name_from_zip
from sessions_app.domain.paths import PathError, check_tree
from sessions_app.models import Blob, DubbingSession, Job, Upload
from sessions_app.operations import jobs, sessions, uploads, versions
from sessions_app.operations.context import JobContext
from sessions_app.operations.documents import read_document, read_texts
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.saves import check_count, entry_of, video_name
from sessions_app.operations.sources import FileSource, StoreSource
from sessions_app.operations.unpacking import unpack_members
from sessions_app.zips.reader import Archive, ArchiveMember, Limits, read_archive

ROOM = 1000
"""Entries beside the session's files: metadata.json, our own folder, folders that other tools list."""
LANGUAGE_LENGTH = 35
"""Characters of the longest language tag that RFC 5646 section 4.4.1 counts on."""


def request(*, upload: Upload, owner: AbstractBaseUser, name: str, now: datetime) -> Job:
    """Queue the import of an uploaded ZIP; an empty ``name`` means: as the ZIP is called.

    :raises BadInputError: the name cannot be used, or the upload is not complete.
    """
    if upload.state != Upload.State.RECEIVED:
        raise BadInputError(
            "The ZIP is not complete yet. Wait for the upload, then import.", code="upload_incomplete"
        )
    params = {"name": _checked(name), "filename": upload.path, "upload_count": 1}
    return jobs.create(kind=Job.Kind.IMPORT, owner=owner, params=params, uploads=[upload], now=now)


def request_file(*, file: Path, owner: AbstractBaseUser, name: str, now: datetime) -> Job:
    """Write down the import of a ZIP on this machine, for a caller that runs the job itself.

    :raises BadInputError: there is no such file, or the name cannot be used.
    """
    if not file.is_file():
        raise BadInputError(f"There is no file {file}.", code="no_such_file")
    params = {"name": _checked(name), "filename": file.name, "file": str(file.resolve())}
    return jobs.create(kind=Job.Kind.IMPORT, owner=owner, params=params, now=now, publish=False)


def perform(context: JobContext) -> None:
    """Read the whole archive, store its files, then make the session; whatever goes wrong, there is none."""
    job = context.job
    source = _source(context)
    archive = read_archive(source, limits(), seek_cost=source.seek_cost)
    contents = _contents(archive)
    context.expect(sum(contents.members[placed.source].size for placed in contents.placements))
    placements = contents.placements
    members = [contents.members[placed.source] for placed in placements]
    stored = unpack_members(context, archive=archive, source=source, members=members)
    blobs = {placed.path: blob for placed, blob in zip(placements, stored, strict=True)}
    _check_proof(contents, placements, blobs)
    new = _new_version(context, contents, placements, blobs)
    context.finish(partial(_commit, context, contents, new))
    for upload in Upload.objects.filter(job=job):
        uploads.discard([upload])


def limits() -> Limits:
    """What an archive may declare: as many files as a session may hold, and what else a ZIP of such a session has."""
    return Limits(
        max_entries=settings.MAX_FILES_IN_SESSION + ROOM,
        max_total_size=settings.MAX_UPLOAD_SIZE,
    )


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What an archive says it holds, decided before any file is stored."""

    members: Mapping[str, ArchiveMember]
    """Files by name, without folders, litter and what our own folder holds."""
    placements: Sequence[Placement]
    document: dict[str, Any] | None
    """metadata.json, paths relative."""
    proven: Mapping[str, proof.Proven] | None
    """Members of our own manifest by path; None when the archive is not of our making."""


def _contents(archive: Archive) -> Contents:
    archive.require_files()
    files = {member.name: member for member in archive.files}
    members = {name: member for name, member in files.items() if not name.startswith(f"{PRIVATE}/")}
    try:
        check_tree(members)
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error
    document_name = find_metadata(list(members))
    document = None
    if document_name is not None:
        told = members[document_name]
        document = read_document(lambda: b"".join(archive.open(told)), told.size)
    placements = sort_tree(list(members), languages=(document or {}).get("languages") or ())
    if not placements:
        raise BadInputError("This ZIP holds no files to import.", code="zip_empty")
    check_count(len(placements))
    proven = _proof(archive, files)
    return Contents(
        members=members,
        placements=[_as_proven(placed, proven) for placed in placements],
        document=document,
        proven=proven,
    )


def _proof(archive: Archive, files: Mapping[str, ArchiveMember]) -> dict[str, proof.Proven] | None:
    """Read our manifest, if there is one that we can read."""
    member = files.get(proof.NAME)
    if member is None or member.size > proof.SIZE_LIMIT:
        return None
    try:
        return proof.parse(b"".join(archive.open(member)))
    except proof.ProofError as error:
        raise BadInputError(str(error), code=error.code) from error


def _as_proven(placed: Placement, proven: Mapping[str, proof.Proven] | None) -> Placement:
    """Take the language from the manifest: a person may have corrected what the name tells."""
    told = (proven or {}).get(placed.source)
    if told is None or told.path != placed.path or len(told.language) > LANGUAGE_LENGTH:
        return placed
    return replace(placed, language=told.language)


def _check_proof(contents: Contents, placements: Sequence[Placement], blobs: Mapping[str, Blob]) -> None:
    for placed in placements:
        proven = (contents.proven or {}).get(placed.source)
        if proven is not None and proven.sha256 != blobs[placed.path].sha256:
            raise BadInputError(
                f"“{placed.source}” in this ZIP is not the file that was exported: its SHA-256 differs. "
                "Export the session again.",
                code="proof_differs",
            )


def _source(context: JobContext) -> FileSource | StoreSource:
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
        raise BadInputError("The uploaded ZIP is gone by now. Upload it again.", code="uploads_gone")
    return StoreSource(context.store, uploads.object_key(upload), upload.size)


def _new_version(
    context: JobContext, contents: Contents, placements: Sequence[Placement], blobs: Mapping[str, Blob]
) -> versions.NewVersion:
    manifest = Manifest.of(entry_of(placed, blobs[placed.path]) for placed in placements)
    now = context.clock()
    told = metadata.timestamps(contents.document or {})
    languages = (contents.document or {}).get("languages") or ()
    document = metadata.build(
        contents.document,
        entries=manifest.entries,
        video_name=None if (contents.document or {}).get("video_name") else video_name(placements),
        texts=metadata.Texts()
        if contents.document is not None
        else read_texts(
            context.store, manifest, changed={placed.path for placed in placements}, languages=languages
        ),
        created_at=told.created_at or now,
        last_updated=told.last_updated or now,
        last_accessed=told.last_accessed or now,
        keep_stage=True,
    )
    blob_ids = {path: blob.pk for path, blob in blobs.items()}
    return versions.NewVersion(
        manifest=manifest,
        blob_ids=blob_ids,
        document=document,
        message=f"Imported from {context.job.params['filename']}"[:500],
    )


def _commit(context: JobContext, contents: Contents, new: versions.NewVersion) -> dict[str, object]:
    job = context.job
    now = context.clock()
    name = job.params["name"] or name_from_zip(job.params["filename"], ours=contents.proven is not None)
    session = sessions.create(owner=job.owner, name=name, now=now)
    version = versions.commit(session=session, parent=None, new=new, author=job.owner, now=now)
    told = metadata.timestamps(new.document)
    DubbingSession.objects.filter(pk=session.pk).update(
        created_at=told.created_at or now,
        last_updated=told.last_updated or now,
        last_accessed=told.last_accessed or now,
    )
    Job.objects.filter(pk=job.pk).update(session=session)
    return {
        "session": str(session.code),
        "name": session.name,
        "wanted_name": name,
        "version": version.number,
        "files": version.file_count,
        "total_size": version.total_size,
    }


def _checked(name: str) -> str:
    try:
        return clean_name(name) if name.strip() else ""
    except SessionNameError as error:
        raise BadInputError(str(error), code=error.code) from error
