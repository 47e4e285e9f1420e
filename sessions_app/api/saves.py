"""Saves: uploaded files become the next version of a session."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from ninja import Header
from pydantic import BaseModel, ConfigDict, Field

from dubbing_core import left_out
from sessions_app.access import Action
from sessions_app.api.auth import ApiRequest
from sessions_app.api.blobs import MAX_SIZE, Executable, ModificationTime, Sha256
from sessions_app.api.corrections import (
    MAX_CORRECTIONS,
    LabelCorrection,
    LanguageTag,
    read_labels,
    read_source_language,
)
from sessions_app.api.endpoints import write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.job_waits import get_preferred_wait
from sessions_app.api.jobs import Job, describe_new_job, job_url, waits_for_job
from sessions_app.api.problems import ProblemError
from sessions_app.api.versions import router
from sessions_app.http.lookups import get_documented_session_or_404, get_uploads_or_404
from sessions_app.operations.saves.request import MAX_MESSAGE_LENGTH, SaveRequest, request_save
from sessions_app.operations.uploads.new_files import NewFile

MAX_UPLOADS = 10_000
MAX_FILES = 100_000
ETAG = re.compile(r'"v(\d{1,9})"')

Path = Annotated[str, Field(max_length=4096)]


class KnownFile(BaseModel):
    """A file whose blob is already stored in a session that the caller can read."""

    model_config = ConfigDict(extra="forbid")

    path: Path
    size: int = Field(ge=0, le=MAX_SIZE)
    sha256: Sha256
    executable: Executable = None
    mtime_ns: ModificationTime = None


class LeftOutPath(BaseModel):
    """A file that the save leaves out."""

    model_config = ConfigDict(extra="forbid")

    path: Path
    """As it can be shown."""
    code: str = Field(max_length=left_out.CODE_LIMIT)
    """Why, such as `path_encoding`: a code of a refused file in a preview of the placement."""


class SavedFiles(BaseModel):
    """The files of a save."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field("", max_length=MAX_MESSAGE_LENGTH)
    uploads: list[UUID] = Field([], max_length=MAX_UPLOADS)
    """Codes of complete uploads."""
    blobs: list[KnownFile] = Field([], max_length=MAX_FILES)
    empty_folders: list[Path] | None = Field(None, max_length=MAX_FILES)
    """All folders without files; null to keep those of the parent."""
    labels: list[LabelCorrection] = Field([], max_length=MAX_CORRECTIONS)
    """Corrections of labels of files in this request, by their paths in it."""
    source_language: LanguageTag | None = None
    """Language that is spoken in the source, as a reply to the question `source_language` of a preview; null keeps an earlier reply."""
    left_out: list[LeftOutPath] = Field([], max_length=MAX_FILES)
    """Files of the folder that no session can represent. The version records their number and the first ones."""
    rooted: bool = True
    """Paths are relative to the project's root. If false, a common parent folder is stripped, and files are matched with those that
    they replace, by name, place and label."""

    def get_known(self) -> list[NewFile]:
        return [
            NewFile(
                path=file.path,
                size=file.size,
                sha256=file.sha256,
                is_executable=file.executable,
                mtime_ns=file.mtime_ns,
            )
            for file in self.blobs
        ]


def get_left_out(files: SavedFiles) -> list[left_out.LeftOutFile]:
    return [left_out.LeftOutFile.of(file.path, file.code) for file in files.left_out]


class NewVersion(SavedFiles):
    parent: int | None = Field(None, ge=0, le=2**31 - 1)
    """Number of the version that this save is based on, 0 for none. If-Match can be sent instead."""
    base: int | None = Field(None, ge=0, le=2**31 - 1)
    """After a conflict: the version that the files were changed from, where `parent` is the newer one that was saved in the meantime.
    Without `replace`, files that are as in this version are left out, so that they undo no change of the newer one."""
    replace: bool = False
    """Remove every file that is not in this request."""
    removed: list[Path] = Field([], max_length=MAX_FILES)
    """Paths of files in the session to remove."""
    recognized: list[Path] = Field([], max_length=MAX_FILES)
    """Paths of files in this request whose label was corrected in an earlier version: they get the recognized one again."""
    targets: dict[Path, Path] = Field({}, max_length=MAX_FILES)
    """Paths in the session for some files, by path as sent, instead of the matched ones."""


class SavedSession(SavedFiles):
    """The files of a new session."""

    name: str = Field(max_length=1000)
    """If it is in use, a number is appended."""


@router.post(
    "/saves",
    **write_endpoint(
        Job,
        status=202,
        errors=(404, 409),
        is_idempotent=True,
        can_wait=True,
        operation_id="save_new_session",
        summary="Save files as a new session",
        description=(
            "The job creates the session together with its first version; its result contains the session's code and name. A save"
            " that fails leaves no session, and the job can be retried."
        ),
    ),
)
@waits_for_job
@idempotent(status=202, location=job_url)
def save_new_session(request: ApiRequest, body: SavedSession) -> Job:
    user = request.auth.user
    job = request_save(
        session=None,
        author=user,
        files=get_uploads_or_404(user, body.uploads, Action.EDIT),
        request=SaveRequest(
            parent=0,
            name=body.name,
            message=body.message.strip(),
            known=body.get_known(),
            empty_folders=body.empty_folders,
            labels=read_labels(body.labels, languages=()),
            source_language=read_source_language(body.source_language),
            left_out=get_left_out(body),
            rooted=body.rooted,
        ),
        now=timezone.now(),
        can_run=bool(get_preferred_wait(request)),
    )
    return describe_new_job(request, job)


@router.post(
    "/sessions/{uuid:code}/versions",
    **write_endpoint(
        Job,
        status=202,
        errors=(404, 409, 428),
        is_idempotent=True,
        can_wait=True,
        operation_id="create_version",
        summary="Save files as the next version",
        description=(
            "If `parent` is no longer the current version, the response is 409 `conflict` with the number of the `current`"
            " version."
        ),
    ),
)
@waits_for_job
@idempotent(status=202, location=job_url)
def create_version(
    request: ApiRequest,
    code: UUID,
    body: NewVersion,
    if_match: Annotated[str | None, Header(None, alias="If-Match", description='`"v<number>"`')],
) -> Job:
    user = request.auth.user
    session = get_documented_session_or_404(user, code, Action.EDIT)
    job = request_save(
        session=session,
        author=user,
        files=get_uploads_or_404(user, body.uploads, Action.EDIT),
        request=SaveRequest(
            parent=_parent(body, if_match),
            base=body.base,
            message=body.message.strip(),
            replace=body.replace,
            removed=body.removed,
            known=body.get_known(),
            empty_folders=body.empty_folders,
            labels=read_labels(body.labels, languages=session.current.languages if session.current else ()),
            source_language=read_source_language(body.source_language),
            left_out=get_left_out(body),
            recognized=body.recognized,
            rooted=body.rooted,
            targets=body.targets,
        ),
        now=timezone.now(),
        can_run=bool(get_preferred_wait(request)),
    )
    return describe_new_job(request, job)


def _parent(body: NewVersion, if_match: str | None) -> int:
    number = None
    if if_match is not None:
        match = ETAG.fullmatch(if_match.strip())
        if match is None:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST,
                "bad_if_match",
                gettext('If-Match must be a session\'s ETag, such as "v3".'),
            )
        number = int(match[1])
    parent = number if body.parent is None else body.parent
    if parent is None:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED,
            "parent_required",
            gettext(
                "Send the version that the save is based on: “parent”, or If-Match with the session's "
                "ETag. Use 0 for a session without a version."
            ),
        )
    if number is not None and parent != number:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "bad_if_match", gettext("“parent” and If-Match differ."))
    return parent
