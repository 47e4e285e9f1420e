"""Job of an export: assemble the ZIP, then record it."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings

from dubbing_core.selection import Selection
from dubbing_core.sentences import sentence
from dubbing_core.session_names import build_export_filename
from dubbing_core.zips.layout import Layout
from sessions_app.access import Action
from sessions_app.exports.assembly import assemble_object, delete_object
from sessions_app.models import Export, Job, Version
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.exports.layout import get_export_layout
from sessions_app.operations.exports.request import check_export_space, get_selection
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.registry import handles
from sessions_app.storage.keys import export_key


@handles(Job.Kind.EXPORT, Action.VIEW)
def perform_export(context: JobContext) -> None:
    """Assemble the ZIP under a key of this attempt, then create the export.

    Nothing remains after an error.
    """
    job = context.job
    versions = Version.objects.select_related("session", "created_by")
    version = versions.filter(session=job.session_id, number=job.params["version"]).first()
    if version is None or version.session.is_trashed:
        raise NotAllowedError(sentence("This session is in the trash, or was deleted."), code="trashed")
    selection = get_selection(job)
    layout = get_export_layout(version, session_name=version.session.name, selection=selection)
    check_export_space(layout.size, now=context.clock(), job=job)
    context.expect(layout.size)
    for earlier in range(1, job.attempt):
        delete_object(export_key(f"{job.code}-{earlier}"), store=context.store)
    key = export_key(f"{job.code}-{job.attempt}")
    assemble_object(layout, key, store=context.store, on_bytes=context.advance)
    try:
        with context.finish() as result:
            result.update(_create_export(context, version, selection, layout, key))
    except BaseException:
        context.store.delete(key)
        raise


def _create_export(
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
