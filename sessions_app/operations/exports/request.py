"""Requests for exports."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core.selection import WHOLE_VERSION, Selection
from dubbing_core.sentences import sentence
from dubbing_core.session_names import build_export_filename
from sessions_app.models import DubbingSession, Export, Job, Version
from sessions_app.models.export import ExportQuerySet
from sessions_app.models.job import JobQuerySet
from sessions_app.operations.disk_space import BYTES_PER_FILE, check_disk_space
from sessions_app.operations.errors import DiskFullError, NotAllowedError
from sessions_app.operations.exports.layout import NothingSelectedError
from sessions_app.operations.jobs.create import create_job
from sessions_app.operations.jobs.retry import retry_job
from sessions_app.queries.history import get_history_size
from sessions_app.queries.versions import has_selected_files, summarize_categories
from sessions_app.storage import get_store


def request_export(
    *, version: Version, owner: AbstractBaseUser, now: datetime, selection: Selection = WHOLE_VERSION
) -> Job:
    """Queue the export of a version, or return the user's job with the same result.

    :raises NotAllowedError: the session is in the trash.
    :raises NothingSelectedError: the version has no selected file.
    :raises DiskFullError: the server has not enough space.
    """
    with transaction.atomic():
        # The session's lock serializes equal requests, so that the second finds the job of the first.
        session = DubbingSession.objects.select_for_update().get(pk=version.session_id)
        if session.is_trashed:
            raise NotAllowedError(
                sentence("This session is in the trash. Restore it, then export it."),
                code="trashed",
            )
        if selection.is_partial and not has_selected_files(version, selection):
            raise NothingSelectedError
        params = {"version": version.number, **_render_selection(selection)}
        equal = Job.objects.filter(kind=Job.Kind.EXPORT, owner_id=owner.pk, session=session, params=params)
        filename = build_export_filename(session.name, selection.filename_suffix)
        reusable = _find_reusable(equal, filename, now=now)
        if reusable is not None:
            return reusable
        check_export_space(_estimate_size(version, selection), now=now)
        return create_job(kind=Job.Kind.EXPORT, owner=owner, session=session, params=params, now=now)


def retry_export(*, job: Job, now: datetime) -> Job:
    """Queue a failed or cancelled export again, or return the user's equivalent job.

    :raises NotAllowedError: the job did not fail.
    """
    with transaction.atomic():
        session = DubbingSession.objects.select_for_update().get(pk=job.session_id or 0)
        selection = get_selection(job)
        params = {"version": job.params["version"], **_render_selection(selection)}
        equal = Job.objects.filter(
            kind=Job.Kind.EXPORT, owner_id=job.owner_id, session=session, params=params
        )
        filename = build_export_filename(session.name, selection.filename_suffix)
        other = _find_reusable(equal.exclude(pk=job.pk), filename, now=now)
        if other is None:
            retry_job(job=job, now=now)
        return other or job


def get_selection(job: Job) -> Selection:
    """Return the selection of an export job."""
    return Selection.from_dict(job.params.get("selection", {}))


def check_export_space(size: int, *, now: datetime, job: Job | None = None) -> None:
    """Check that a ZIP of this size fits.

    :raises DiskFullError: it does not.
    """
    disk = get_store().capabilities.disk
    try:
        check_disk_space(size, now=now, job=job)
    except DiskFullError:
        if disk is None or not disk.shares_blocks():
            raise


def _estimate_size(version: Version, selection: Selection) -> int:
    """Return about as many bytes as the ZIP will have."""
    if selection.history:
        history = get_history_size(version)
        return history.size + BYTES_PER_FILE * history.blobs
    if not selection.is_partial:
        return version.total_size + BYTES_PER_FILE * version.file_count
    parts = summarize_categories(version, selection)
    return sum(part.size + BYTES_PER_FILE * part.file_count for part in parts)


def _render_selection(selection: Selection) -> dict[str, object]:
    return {} if selection.is_default else {"selection": selection.as_dict()}


def _find_reusable(equal: JobQuerySet, filename: str, *, now: datetime) -> Job | None:
    """Return an unfinished job, or one whose export can be downloaded.

    The expiry of such an export is extended to that of a new one. The file name is compared because an export from
    before a renaming of the session contains the old name.
    """
    unfinished = equal.unfinished().order_by("-pk").first()
    if unfinished is not None:
        return unfinished
    ready: ExportQuerySet = Export.objects.filter(filename=filename).ready(now=now)
    finished = equal.filter(export__in=ready).order_by("-pk").first()
    if finished is not None:
        expires_at = now + settings.EXPORT_RETENTION
        Export.objects.filter(job=finished, expires_at__lt=expires_at).update(expires_at=expires_at)
    return finished
