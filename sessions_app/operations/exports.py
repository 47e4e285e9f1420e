"""Exports a version as a ZIP: planned, assembled in the background, visible once it is complete."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from sessions_app.blobs import durable, get_store
from sessions_app.blobs.keys import export_key
from sessions_app.domain import metadata, proof
from sessions_app.domain.categories import PRIVATE
from sessions_app.domain.digests import digest_of
from sessions_app.domain.manifest import Manifest
from sessions_app.domain.naming import export_filename
from sessions_app.exports import verify
from sessions_app.exports.assemble import assemble, discard
from sessions_app.exports.files import write_file
from sessions_app.exports.kept import KeptLayouts
from sessions_app.exports.stream import stream
from sessions_app.models import DubbingSession, Export, Job, Version
from sessions_app.operations import jobs
from sessions_app.operations.context import JobContext
from sessions_app.operations.errors import NotAllowedError
from sessions_app.queries.manifests import manifest_of
from sessions_app.zips.layout import Layout, Member, TextMember, plan
from sessions_app.zips.parts import interleave

VERIFIER_NAME = f"{PRIVATE}/verify.py"
"""So that an archive proves itself in ten years, with Python alone."""
_KEPT = KeptLayouts()


def request(*, version: Version, owner: AbstractBaseUser, now: datetime) -> Job:
    """Queue the assembly of a version's ZIP, or return the job that does or did just that.

    :raises NotAllowedError: the session is in the trash.
    """
    session = version.session
    if session.is_trashed:
        raise NotAllowedError("This session is in the trash. Restore it, then export it.", code="trashed")
    same = Job.objects.filter(
        kind=Job.Kind.EXPORT, owner_id=owner.pk, session=session, params={"version": version.number}
    )
    running = same.unfinished().order_by("-pk").first()
    if running is not None:
        return running
    filename = export_filename(session.name)
    ready = Export.objects.filter(version=version, owner_id=owner.pk, filename=filename).ready(now=now)
    done = same.filter(export__in=ready).order_by("-pk").first()
    if done is not None:
        return done
    return jobs.create(
        kind=Job.Kind.EXPORT, owner=owner, session=session, params={"version": version.number}, now=now
    )


def perform(context: JobContext) -> None:
    """Assemble the ZIP under a key of this attempt, then make it an export; whatever goes wrong, nothing is left."""
    job = context.job
    session = DubbingSession.objects.get(pk=job.session_id or 0)
    version = Version.objects.filter(session=session, number=job.params["version"]).first()
    if version is None or session.is_trashed:
        raise NotAllowedError(
            "This session is in the trash or gone. There is nothing to export.", code="trashed"
        )
    layout = layout_of(version, session_name=session.name)
    context.expect(layout.size)
    for earlier in range(1, job.attempt):
        discard(export_key(f"{job.code}-{earlier}"), store=context.store)
    key = export_key(f"{job.code}-{job.attempt}")
    assemble(layout, key, store=context.store, on_bytes=context.advance)
    try:
        context.finish(partial(_record, context, session, version, layout, key))
    except BaseException:
        context.store.delete(key)
        raise


def _record(
    context: JobContext, session: DubbingSession, version: Version, layout: Layout, key: str
) -> dict[str, object]:
    now = context.clock()
    export = Export.objects.create(
        code=uuid4(),
        version=version,
        owner=context.job.owner,
        job=context.job,
        filename=export_filename(session.name),
        key=key,
        size=layout.size,
        etag=layout.etag,
        created_at=now,
        expires_at=now + settings.EXPORT_KEPT,
    )
    return {"export": str(export.code), "filename": export.filename, "size": export.size}


def write_to(*, version: Version, destination: Path) -> int:
    """Write a version's ZIP to a file of the caller's; return its size in bytes. The file appears when it is complete."""
    layout = layout_of(version, session_name=version.session.name)
    store = get_store()
    files = store.capabilities.local_files
    if files is not None:
        write_file(layout, destination, files=files, on_bytes=lambda _: None)
    else:
        with durable.new_file(destination, key=destination.name, replace=True) as target:
            for chunk in stream(layout.segments, reader=store):
                durable.write_all(target, chunk)
    return layout.size


def kept_layout_of(version: Version, *, session_name: str) -> Layout:
    """Return :func:`layout_of` from this process's memory, if it was asked for lately: a version never changes."""
    key = (version.session.code, version.number, session_name)
    return _KEPT.get(key, partial(layout_of, version, session_name=session_name))


def layout_of(version: Version, *, session_name: str) -> Layout:
    """Plan the ZIP of a version: the seed's tree, metadata.json, and our own manifest that proves every member."""
    manifest = manifest_of(version)
    modified = version.created_at
    document = TextMember(
        name="metadata.json",
        data=metadata.render(version.metadata, session_name=session_name),
        modified=modified,
    )
    proven = TextMember(
        name=proof.NAME, data=_proof(version, manifest, document, session_name), modified=modified
    )
    verifier = TextMember(name=VERIFIER_NAME, data=Path(verify.__file__).read_bytes(), modified=modified)
    members: list[Member | TextMember] = [document, proven, verifier]
    members += [
        Member(name=entry.path, sha256=entry.sha256, size=entry.size, crc32=entry.crc32, modified=modified)
        for entry in manifest.entries
    ]
    return plan(interleave(members))


def _proof(version: Version, manifest: Manifest, document: TextMember, session_name: str) -> bytes:
    own = digest_of([document.data])
    members = [proof.Proven(path=document.name, size=own.size, sha256=own.sha256)]
    members += [
        proof.Proven(
            path=entry.path,
            size=entry.size,
            sha256=entry.sha256,
            category=entry.category.value,
            language=entry.language,
        )
        for entry in manifest.entries
    ]
    return proof.render(
        members,
        session=session_name,
        version=version.number,
        saved_at=version.created_at,
        message=version.message,
        fingerprint=version.fingerprint,
    )
