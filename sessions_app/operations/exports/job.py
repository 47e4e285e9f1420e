"""Exports a version as a ZIP: planned, assembled in the background, visible once it is complete."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core.selection import WHOLE_VERSION, Selection
from dubbing_core.session_names import build_export_filename
from dubbing_core.zips.layout import Layout
from sessions_app.access import Action
from sessions_app.exports.assemble import assemble, discard
from sessions_app.exports.files import write_file
from sessions_app.exports.stream import stream
from sessions_app.models import DubbingSession, Export, Job, Version
from sessions_app.models.export import ExportQuerySet
from sessions_app.models.job import JobQuerySet
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.exports.layout import layout_of, nothing_selected
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.create import create_job
from sessions_app.operations.jobs.registry import handles
from sessions_app.operations.jobs.retry import retry_job
from sessions_app.queries.versions import has_selected_files
from sessions_app.storage import atomic_files, get_store
from sessions_app.storage.keys import export_key


def request(
    *, version: Version, owner: AbstractBaseUser, now: datetime, selection: Selection = WHOLE_VERSION
) -> Job:
    """Queue the assembly of a version's ZIP, or return the job that does or did just that.

    :raises NotAllowedError: the session is in the trash.
    :raises BadInputError: `nothing_selected`, the version holds no file that is selected.
    """
    with transaction.atomic():
        # Under the session's lock: of two that ask at once, the second finds the first one's job.
        session = DubbingSession.objects.select_for_update().get(pk=version.session_id)
        if session.is_trashed:
            raise NotAllowedError("This session is in the trash. Restore it, then export it.", code="trashed")
        if selection.is_partial and not has_selected_files(version, selection):
            raise nothing_selected()
        params = {"version": version.number, **_told(selection)}
        same = Job.objects.filter(kind=Job.Kind.EXPORT, owner_id=owner.pk, session=session, params=params)
        filename = build_export_filename(session.name, selection.filename_suffix)
        return (
            _running(same)
            or _done(same, filename, now=now)
            or create_job(kind=Job.Kind.EXPORT, owner=owner, session=session, params=params, now=now)
        )


def retry(*, job: Job, now: datetime) -> Job:
    """Queue a failed or cancelled export again, or return the job that does or did the same meanwhile.

    :raises NotAllowedError: it did not fail.
    """
    with transaction.atomic():
        session = DubbingSession.objects.select_for_update().get(pk=job.session_id or 0)
        selection = selection_of(job)
        params = {"version": job.params["version"], **_told(selection)}
        same = Job.objects.filter(kind=Job.Kind.EXPORT, owner_id=job.owner_id, session=session, params=params)
        filename = build_export_filename(session.name, selection.filename_suffix)
        other = _running(same.exclude(pk=job.pk)) or _done(same.exclude(pk=job.pk), filename, now=now)
        if other is None:
            retry_job(job=job, now=now)
        return other or job


def _told(selection: Selection) -> dict[str, object]:
    return {} if selection.is_whole else {"selection": selection.as_dict()}


def selection_of(job: Job) -> Selection:
    return Selection.from_dict(job.params.get("selection", {}))


def _running(same: JobQuerySet) -> Job | None:
    return same.unfinished().order_by("-pk").first()


def _done(same: JobQuerySet, filename: str, *, now: datetime) -> Job | None:
    """The job whose ZIP can be downloaded, kept as long from now on as a new one would be.

    One that was made before the session was renamed says another name inside.
    """
    ready: ExportQuerySet = Export.objects.filter(filename=filename).ready(now=now)
    done = same.filter(export__in=ready).order_by("-pk").first()
    if done is not None:
        kept = now + settings.EXPORT_RETENTION
        Export.objects.filter(job=done, expires_at__lt=kept).update(expires_at=kept)
    return done


@handles(Job.Kind.EXPORT, Action.VIEW)
def perform(context: JobContext) -> None:
    """Assemble the ZIP under a key of this attempt, then make it an export; whatever goes wrong, nothing is left."""
    job = context.job
    versions = Version.objects.select_related("session", "created_by")
    version = versions.filter(session=job.session_id, number=job.params["version"]).first()
    if version is None or version.session.is_trashed:
        raise NotAllowedError(
            "This session is in the trash or gone. There is nothing to export.", code="trashed"
        )
    selection = selection_of(job)
    layout = layout_of(version, session_name=version.session.name, selection=selection)
    context.expect(layout.size)
    for earlier in range(1, job.attempt):
        discard(export_key(f"{job.code}-{earlier}"), store=context.store)
    key = export_key(f"{job.code}-{job.attempt}")
    assemble(layout, key, store=context.store, on_bytes=context.advance)
    try:
        context.finish(partial(_record, context, version, selection, layout, key))
    except BaseException:
        context.store.delete(key)
        raise


def _record(
    context: JobContext,
    version: Version,
    selection: Selection,
    layout: Layout,
    key: str,
) -> dict[str, object]:
    now = context.clock()
    export = Export.objects.create(
        code=uuid4(),
        version=version,
        owner=context.job.owner,
        job=context.job,
        filename=build_export_filename(version.session.name, selection.filename_suffix),
        selection=selection.as_dict(),
        key=key,
        size=layout.size,
        etag=layout.etag,
        created_at=now,
        expires_at=now + settings.EXPORT_RETENTION,
    )
    return {"export": str(export.code), "filename": export.filename, "size": export.size}


def write_to(*, version: Version, destination: Path, selection: Selection = WHOLE_VERSION) -> int:
    """Write a version's ZIP to a file of the caller's; return its size in bytes. The file appears when it is complete.

    :raises BadInputError: as :func:`sessions_app.operations.exports.layout.layout_of`.
    """
    layout = layout_of(version, session_name=version.session.name, selection=selection)
    store = get_store()
    files = store.capabilities.local_files
    if files is not None:
        write_file(layout, destination, files=files, on_bytes=lambda _: None)
    else:
        with atomic_files.create_file(destination, key=destination.name, replace=True) as target:
            for chunk in stream(layout.segments, reader=store):
                atomic_files.write_all(target, chunk)
    return layout.size
