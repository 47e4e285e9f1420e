"""Requests for an import, or the preview of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.sentences import sentence
from dubbing_core.session_names import SessionNameError, normalize_session_name
from dubbing_core.zips.name_encodings import NameReading
from sessions_app.models import Job, Upload
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.jobs.create import create_job


@dataclass(frozen=True, kw_only=True)
class ImportChoice:
    """What a person has chosen for an import."""

    name: str = ""
    """Name of the only session; "" for that of the ZIP or of its folder."""
    reading: NameReading | None = None
    """How to read names that are not UTF-8 with slashes."""
    names_by_folder: Mapping[str, str] | None = None
    """Names of the sessions to import by their folder in the ZIP, "" for that of the folder; None for all sessions."""

    def as_params(self) -> dict[str, Any]:
        """Return the parameters of a job.

        :raises BadInputError: a name is invalid.
        """
        params: dict[str, Any] = {"name": _normalize_name(self.name)}
        if self.reading is not None:
            params["reading"] = self.reading.value
        if self.names_by_folder is not None:
            params["sessions"] = {
                folder: _normalize_name(name) for folder, name in self.names_by_folder.items()
            }
        return params


ALL_SESSIONS = ImportChoice()


def request_import(
    *,
    upload: Upload,
    owner: AbstractBaseUser,
    now: datetime,
    name: str = "",
    choice: ImportChoice = ALL_SESSIONS,
    kind: Job.Kind = Job.Kind.IMPORT,
) -> Job:
    """Queue the import of an uploaded ZIP, or its preview.

    :param name: the same as in a choice of nothing else.

    :raises BadInputError: the name is invalid, or the upload is not complete or a pack.
    """
    if upload.state != Upload.State.RECEIVED:
        raise BadInputError(
            sentence("The ZIP is not complete yet. Wait for the upload, then import."),
            code="upload_incomplete",
        )
    if upload.members is not None:
        raise BadInputError(
            sentence("A pack of files is not a ZIP. Upload the ZIP by itself."),
            code="upload_is_pack",
        )
    choice = replace(choice, name=name) if name else choice
    params = {**choice.as_params(), "filename": upload.path, "upload_count": 1}
    return create_job(kind=kind, owner=owner, params=params, uploads=[upload], now=now)


def request_previewed_import(
    *, preview: Job, choice: ImportChoice, now: datetime, kind: Job.Kind = Job.Kind.IMPORT
) -> Job:
    """Queue the import of the ZIP that a job has previewed, or another preview of it.

    Names are read as in the preview unless the choice contains another reading.

    :raises NotAllowedError: the job is not a finished preview, or the ZIP was deleted.
    :raises BadInputError: the name is invalid.
    """
    if preview.kind != Job.Kind.PREVIEW or preview.state != Job.State.SUCCEEDED:
        raise NotAllowedError(
            sentence("Only a finished import preview can be imported."), code="not_previewed"
        )
    upload = preview.uploads.filter(state=Upload.State.RECEIVED).first()
    if upload is None:
        raise NotAllowedError(
            sentence("The uploaded ZIP has expired. Upload it again."), code="uploads_deleted"
        )
    if choice.reading is None and (reading := preview.result.get("reading")):
        choice = replace(choice, reading=NameReading(reading))
    return request_import(upload=upload, owner=preview.owner, choice=choice, now=now, kind=kind)


def request_file_import(
    *,
    file: Path,
    owner: AbstractBaseUser,
    now: datetime,
    name: str = "",
    choice: ImportChoice = ALL_SESSIONS,
    kind: Job.Kind = Job.Kind.IMPORT,
) -> Job:
    """Create the job of an import, or preview, of a ZIP on this machine.

    The caller runs the job at once.

    :raises BadInputError: the file does not exist, or the name is invalid.
    """
    if not file.is_file():
        raise BadInputError(sentence("There is no file %(file)s.", file=file), code="no_such_file")
    choice = replace(choice, name=name) if name else choice
    params = {**choice.as_params(), "filename": file.name, "file": str(file.resolve())}
    return create_job(kind=kind, owner=owner, params=params, now=now, publish=False)


def _normalize_name(name: str) -> str:
    try:
        return normalize_session_name(name) if name.strip() else ""
    except SessionNameError as error:
        raise BadInputError(str(error), code=error.code) from error
