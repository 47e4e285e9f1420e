"""Saves uploaded files as a session's next version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from sessions_app.blobs.ingest import Staged
from sessions_app.blobs.keys import blob_key, staging_prefix
from sessions_app.blobs.store import BlobReader
from sessions_app.domain import metadata
from sessions_app.domain.categories import Category, Placement, find_metadata, sort_tree
from sessions_app.domain.digests import Digest, Digester
from sessions_app.domain.manifest import Manifest, ManifestEntry
from sessions_app.domain.paths import PathError, check_tree
from sessions_app.models import Blob, DubbingSession, Entry, Job, Upload, Version
from sessions_app.operations import intake, jobs, uploads, versions
from sessions_app.operations.context import JobContext
from sessions_app.operations.documents import read_document, read_texts
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.limits import check_count
from sessions_app.queries.manifests import Held, held_by

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
    """
    if not files and not request.removed:
        raise BadInputError("Choose at least one file to save.", code="nothing_to_save")
    if len(request.message) > MESSAGE_LENGTH:
        raise BadInputError(f"A message may have {MESSAGE_LENGTH} characters.", code="message_too_long")
    if any(upload.state != Upload.State.RECEIVED for upload in files):
        raise BadInputError(
            "Some files are not complete yet. Wait for the uploads, then save.", code="upload_incomplete"
        )
    _check_paths([upload.path for upload in files])
    current = session.current.number if session.current else 0
    if current != request.parent:
        raise versions.conflict(session)
    return jobs.create(
        kind=Job.Kind.SAVE,
        owner=author,
        session=session,
        params={
            "parent": request.parent,
            "message": request.message,
            "replace": request.replace,
            "removed": list(request.removed),
            "upload_count": len(files),
        },
        uploads=list(files),
        now=now,
    )


def save_on_top(*, job: Job, now: datetime) -> None:
    """Try a save again that met a conflict, on top of what is current now."""
    assert job.session is not None
    current = job.session.current.number if job.session.current else 0
    jobs.retry(job=job, now=now, params={"parent": current})


def perform(context: JobContext) -> None:
    """Hash the uploads, make blobs of them, commit the version. The uploads live on until that has happened."""
    job = context.job
    session = DubbingSession.objects.select_related("current").get(pk=job.session_id or 0)
    parent = _parent(session, int(job.params["parent"]))
    received = list(job.uploads.select_related("blob").order_by("-size", "pk"))
    if len(received) != job.params["upload_count"]:
        raise BadInputError("The uploaded files are gone by now. Upload them again.", code="uploads_gone")
    context.expect(sum(upload.size for upload in received))
    if session.is_trashed:
        raise BadInputError("This session is in the trash. Restore it, then save again.", code="trashed")
    placements = _place(received, parent)
    document = _document(context, received)
    blobs = _take_in(context, received)
    arrived = [(placed, blobs[placed.source]) for placed in placements]
    before = held_by(parent)
    new = _new_version(context, session, before, arrived, document)
    context.finish(partial(_commit, context, session, before, new, received))
    _clean_staging(context, received)


def _parent(session: DubbingSession, number: int) -> Version | None:
    current = session.current.number if session.current else 0
    if number != current:
        raise versions.conflict(session)
    return session.current


def _check_paths(paths: Sequence[str]) -> None:
    try:
        check_tree(paths)
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error


def _place(received: Sequence[Upload], parent: Version | None) -> list[Placement]:
    return place([upload.path for upload in received], on=parent)


def place(paths: Sequence[str], *, on: Version | None) -> list[Placement]:
    """Sort files into the tree of a session whose current version is ``on``."""
    if on is None:
        return sort_tree(paths)
    has_source = (
        Entry.objects.filter(session_id=on.session_id, category=Category.ORIGINAL_VIDEO)
        .at(on.number)
        .exists()
    )
    source_name = on.video_name or "original_video" if has_source else ""
    return sort_tree(paths, languages=on.languages, source_name=source_name)


def _document(context: JobContext, received: Sequence[Upload]) -> dict[str, Any] | None:
    """Read the metadata.json among the uploads, if there is one."""
    path = find_metadata([upload.path for upload in received])
    if path is None:
        return None
    upload = next(upload for upload in received if upload.path == path)
    key = blob_key(upload.blob.sha256) if upload.blob else uploads.object_key(upload)
    return read_document(lambda: b"".join(context.store.read(key, 0, upload.size)), upload.size)


def _take_in(context: JobContext, received: Sequence[Upload]) -> dict[str, Blob]:
    """Make a blob of every upload; an earlier attempt's work is not done again."""
    known = {
        upload.path: upload.blob
        for upload in received
        if upload.blob and upload.blob.state == Blob.State.STORED
    }
    context.advance(sum(blob.size for blob in known.values()))
    rest = [upload for upload in received if upload.path not in known]

    def keep(blobs: Mapping[int, Blob]) -> None:
        for place, blob in blobs.items():
            rest[place].blob = blob
        Upload.objects.bulk_update([rest[place] for place in blobs], ["blob"])

    sizes = [upload.size for upload in rest]
    packs = [
        intake.Pack(
            places=places,
            size=sum(sizes[place] for place in places),
            stage=partial(_stage, context.store, [rest[place] for place in places]),
        )
        for places in intake.runs(sizes)
    ]
    stored = intake.take_in(
        packs, store=context.store, keep=keep, on_bytes=context.advance, now=context.clock()
    )
    return {**known, **{upload.path: blob for upload, blob in zip(rest, stored, strict=True)}}


def _stage(store: BlobReader, files: Sequence[Upload], on_bytes: intake.OnBytes) -> list[Staged]:
    return [
        Staged(digest=_digest(store, upload, on_bytes), key=uploads.object_key(upload)) for upload in files
    ]


def _digest(store: BlobReader, upload: Upload, on_bytes: intake.OnBytes) -> Digest:
    if upload.blob is not None:
        # An earlier attempt hashed it and may or may not have promoted it: promoting is idempotent.
        on_bytes(upload.size)
        return Digest(sha256=upload.blob.sha256, crc32=upload.blob.crc32, size=upload.blob.size)
    digester = Digester()
    for chunk in store.read(uploads.object_key(upload), 0, upload.size):
        digester.update(chunk)
        on_bytes(len(chunk))
    return digester.digest()


def _new_version(
    context: JobContext,
    session: DubbingSession,
    before: Held,
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
        entries[placed.path] = entry_of(placed, blob)
        blob_ids[placed.path] = blob.pk
    _check_paths(list(entries))
    check_count(len(entries))
    manifest = Manifest.of(entries.values())
    languages = parent.languages if parent else []
    changed = {placed.path for placed, _ in arrived}
    now = context.clock()
    document = metadata.build(
        uploaded if uploaded is not None else (parent.metadata if parent else None),
        entries=manifest.entries,
        video_name=video_name([placed for placed, _ in arrived]) if uploaded is None else None,
        texts=read_texts(context.store, manifest, changed=changed, languages=languages),
        created_at=session.created_at,
        last_updated=now,
        last_accessed=max(session.last_accessed, now),
        keep_stage=uploaded is not None,
    )
    return versions.NewVersion(
        manifest=manifest, blob_ids=blob_ids, document=document, message=params["message"]
    )


def entry_of(placed: Placement, blob: Blob) -> ManifestEntry:
    return ManifestEntry(
        path=placed.path,
        sha256=blob.sha256,
        size=blob.size,
        crc32=blob.crc32,
        category=placed.category,
        language=placed.language,
    )


def video_name(placements: Sequence[Placement]) -> str | None:
    """Return the source video's name as its owner knows it, if it is among the files."""
    for placed in placements:
        if placed.category == Category.ORIGINAL_VIDEO:
            return placed.source.rsplit("/", 1)[-1]
    return None


def _commit(
    context: JobContext,
    session: DubbingSession,
    before: Held,
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
    return {"version": version.number, "files": version.file_count, "stored_bytes": version.stored_size}


def _clean_staging(context: JobContext, received: Sequence[Upload]) -> None:
    for upload in received:
        for staged in list(context.store.list(staging_prefix(uploads.staging_owner(upload)))):
            context.store.delete(staged.key)
