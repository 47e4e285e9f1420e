"""Saves uploaded files as a session's next version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core import metadata, origins
from dubbing_core.manifest import Manifest
from dubbing_core.paths import PathError, check_collisions
from dubbing_core.placement import Placement, find_metadata
from sessions_app.models import Blob, DubbingSession, Job, Upload, Version
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.ingest import from_uploads as arrivals
from sessions_app.operations.jobs import lifecycle as jobs
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.registry import handles
from sessions_app.operations.limits import check_count
from sessions_app.operations.saves import placement as placing
from sessions_app.operations.uploads import create as announcements, lifecycle as uploads, parts
from sessions_app.operations.uploads.create import Announced
from sessions_app.operations.uploads.lifecycle import BATCH, Arriving, arriving_in
from sessions_app.operations.versions import commit as versions
from sessions_app.operations.versions.documents import read_document, read_texts
from sessions_app.queries.manifests import VersionContents, get_version_contents

MESSAGE_LENGTH = 500


@dataclass(frozen=True, kw_only=True)
class SaveRequest:
    """What a person asks to be saved on top of ``parent`` (0: the session is empty so far)."""

    parent: int
    message: str = ""
    replace: bool = False
    """The uploaded files are the whole state: what is not among them is removed."""
    removed: Sequence[str] = ()
    """Paths to leave out from now on."""
    known: Sequence[Announced] = ()
    """Files whose bytes are here already, as their SHA-256 says."""
    rooted: bool = False
    """Paths are known to start at the project's root, and not at a folder around it."""


def request(
    *,
    session: DubbingSession,
    author: AbstractBaseUser,
    files: Sequence[Upload],
    request: SaveRequest,
    now: datetime,
) -> Job:
    """Queue a save.

    :raises BadInputError: there is nothing to save, or files are not complete.
    :raises ConflictError: the parent is not the current version.
    :raises NotAllowedError: `blob_missing`, bytes that are said to be here are not.
    """
    if not files and not request.removed and not request.known:
        raise BadInputError("Choose at least one file to save.", code="nothing_to_save")
    if len(request.message) > MESSAGE_LENGTH:
        raise BadInputError(f"A message may have {MESSAGE_LENGTH} characters.", code="message_too_long")
    if any(upload.state != Upload.State.RECEIVED for upload in files):
        raise BadInputError(
            "Some files are not complete yet. Wait for the uploads, then save.", code="upload_incomplete"
        )
    check_count(sum(upload.file_count for upload in files) + len(request.known))
    current = session.current.number if session.current else 0
    if current != request.parent:
        raise versions.conflict(session)
    with transaction.atomic():
        adopted = announcements.adopt(owner=author, files=request.known, now=now) if request.known else []
        _check_paths([file.path for upload in (*files, *adopted) for file in arriving_in(upload)])
        Upload.objects.bulk_create(adopted, batch_size=BATCH)
        return jobs.create(
            kind=Job.Kind.SAVE,
            owner=author,
            session=session,
            params={
                "parent": request.parent,
                "message": request.message,
                "replace": request.replace,
                "rooted": request.rooted,
                "removed": list(request.removed),
                "upload_count": len(files) + len(adopted),
            },
            uploads=[*files, *adopted],
            now=now,
        )


def save_on_top(*, job: Job, now: datetime) -> None:
    """Try a save again that met a conflict, on top of what is current now."""
    assert job.session is not None
    current = job.session.current.number if job.session.current else 0
    jobs.retry(job=job, now=now, params={"parent": current})


@handles(Job.Kind.SAVE)
def perform(context: JobContext) -> None:
    """Hash the uploads, make blobs of them, commit the version. The uploads live on until that has happened."""
    job = context.job
    session = DubbingSession.objects.select_related("current").get(pk=job.session_id or 0)
    parent = _parent(session, int(job.params["parent"]))
    received = list(job.uploads.select_related("blob").order_by("-size", "pk"))
    if len(received) != job.params["upload_count"]:
        raise BadInputError("The uploaded files are gone by now. Upload them again.", code="uploads_deleted")
    files = [file for upload in received for file in arriving_in(upload)]
    context.expect(sum(file.size for file in files))
    if session.is_trashed:
        raise BadInputError("This session is in the trash. Restore it, then save again.", code="trashed")
    _check_paths([file.path for file in files])
    before = get_version_contents(parent)
    rooted = bool(job.params.get("rooted"))
    paths = [file.path for file in files]
    placements = placing.place(paths, on=before, rooted=rooted, leaving=job.params["removed"])
    document = _document(context, files, rooted=rooted)
    try:
        blobs = arrivals.take_in(context, files)
    except arrivals.DigestDiffersError as error:
        parts.forget(error.upload)
        raise
    arrived = [(placed, blobs[placed.source]) for placed in placements]
    new = _new_version(context, session, before, arrived, document)
    context.finish(partial(_commit, context, session, before, new, received))
    for upload in received:
        uploads.free(upload)


def _parent(session: DubbingSession, number: int) -> Version | None:
    current = session.current.number if session.current else 0
    if number != current:
        raise versions.conflict(session)
    return session.current


def _check_paths(paths: Sequence[str]) -> None:
    try:
        check_collisions(paths)
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error


def _document(context: JobContext, files: Sequence[Arriving], *, rooted: bool) -> dict[str, Any] | None:
    """Read the metadata.json among the files, if there is one."""
    path = find_metadata([file.path for file in files], rooted=rooted)
    if path is None:
        return None
    file = next(file for file in files if file.path == path)
    return read_document(lambda: b"".join(arrivals.read(context.store, file)), file.size)


def _new_version(
    context: JobContext,
    session: DubbingSession,
    before: VersionContents,
    arrived: Sequence[tuple[Placement, Blob]],
    uploaded: dict[str, Any] | None,
) -> versions.NewVersion:
    """Decide what the version holds. Reads small files, writes nothing."""
    params, parent = context.job.params, before.version
    entries = {} if params["replace"] else {entry.path: entry for entry in before.manifest.entries}
    blob_ids = {} if params["replace"] else dict(before.blob_ids)
    for path in params["removed"]:
        entries.pop(path, None)
    for placed, blob in arrived:
        entries[placed.path] = placing.entry_of(placed, blob)
        blob_ids[placed.path] = blob.pk
    _check_paths(list(entries))
    check_count(len(entries))
    changed = {placed.path for placed, _ in arrived}
    manifest = Manifest.from_entries(origins.resolve_origin_conflicts(list(entries.values()), newest=changed))
    languages = parent.languages if parent else []
    now = context.clock()
    document = metadata.build_document(
        uploaded if uploaded is not None else (parent.metadata if parent else None),
        entries=manifest.entries,
        video_name=placing.video_name([placed for placed, _ in arrived]) if uploaded is None else None,
        texts=read_texts(context.store, manifest, changed=changed, languages=languages),
        created_at=session.created_at,
        last_updated=now,
        last_accessed=max(session.last_accessed, now),
        keep_stage=uploaded is not None,
    )
    return versions.NewVersion(
        manifest=manifest, blob_ids=blob_ids, document=document, message=params["message"]
    )


def _commit(
    context: JobContext,
    session: DubbingSession,
    before: VersionContents,
    new: versions.NewVersion,
    received: Sequence[Upload],
) -> dict[str, object]:
    now = context.clock()
    version = versions.commit(
        session=session,
        parent=before.version,
        before=before.manifest,
        new=new,
        author=context.job.owner,
        now=now,
    )
    Upload.objects.filter(pk__in=[upload.pk for upload in received]).delete()
    return {"version": version.number, "files": version.file_count, "stored_size": version.stored_size}
