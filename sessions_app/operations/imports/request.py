"""Requests for an import, or the preview of one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.session_names import SessionNameError, normalize_session_name
from sessions_app.models import Job, Upload
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.jobs.create import create_job


def request_import(
    *, upload: Upload, owner: AbstractBaseUser, name: str, now: datetime, kind: Job.Kind = Job.Kind.IMPORT
) -> Job:
    """Queue the import of an uploaded ZIP, or its preview.

    An empty ``name`` stands for that of the ZIP.

    :raises BadInputError: the name is invalid, or the upload is not complete or a pack.
    """
    if upload.state != Upload.State.RECEIVED:
        raise BadInputError(
            "The ZIP is not complete yet. Wait for the upload, then import.", code="upload_incomplete"
        )
    if upload.members is not None:
        raise BadInputError("A pack of files is not a ZIP. Upload the ZIP by itself.", code="upload_is_pack")
    params = {"name": _normalize_name(name), "filename": upload.path, "upload_count": 1}
    return create_job(kind=kind, owner=owner, params=params, uploads=[upload], now=now)


def request_previewed_import(*, preview: Job, name: str, now: datetime) -> Job:
    """Queue the import of the ZIP that a job has previewed.

    :raises NotAllowedError: the job is not a finished preview, or the ZIP was deleted.
    :raises BadInputError: the name is invalid.
    """
    if preview.kind != Job.Kind.PREVIEW or preview.state != Job.State.SUCCEEDED:
        raise NotAllowedError("Only a finished import preview can be imported.", code="not_previewed")
    upload = preview.uploads.filter(state=Upload.State.RECEIVED).first()
    if upload is None:
        raise NotAllowedError("The uploaded ZIP has expired. Upload it again.", code="uploads_deleted")
    return request_import(upload=upload, owner=preview.owner, name=name, now=now)


def request_file_import(
    *, file: Path, owner: AbstractBaseUser, name: str, now: datetime, kind: Job.Kind = Job.Kind.IMPORT
) -> Job:
    """Create the job of an import, or preview, of a ZIP on this machine.

    The caller runs the job at once.

    :raises BadInputError: the file does not exist, or the name is invalid.
    """
    if not file.is_file():
        raise BadInputError(f"There is no file {file}.", code="no_such_file")
    params = {"name": _normalize_name(name), "filename": file.name, "file": str(file.resolve())}
    return create_job(kind=kind, owner=owner, params=params, now=now, publish=False)


def _normalize_name(name: str) -> str:
    try:
        return normalize_session_name(name) if name.strip() else ""
    except SessionNameError as error:
        raise BadInputError(str(error), code=error.code) from error
