"""Saving: uploaded files become a session's next version."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from ninja import Header
from pydantic import BaseModel, ConfigDict, Field

from sessions_app.access import Action
from sessions_app.api.auth import ApiRequest
from sessions_app.api.blobs import MAX_SIZE, Sha256
from sessions_app.api.endpoints import write_endpoint
from sessions_app.api.idempotency import once
from sessions_app.api.jobs import Job, address_of
from sessions_app.api.problems import ProblemError
from sessions_app.api.versions import router
from sessions_app.http.lookups import get_session_or_404, get_uploads_or_404
from sessions_app.operations.saves.request import MAX_MESSAGE_LENGTH, SaveRequest, request_save
from sessions_app.operations.uploads.new_files import NewFile

MOST_UPLOADS = 10_000
MOST_FILES = 100_000
ETAG = re.compile(r'"v(\d{1,9})"')

Path = Annotated[str, Field(max_length=4096)]


class KnownFile(BaseModel):
    """A file whose bytes are there already, in a session that you may read."""

    model_config = ConfigDict(extra="forbid")

    path: Path
    size: int = Field(ge=0, le=MAX_SIZE)
    sha256: Sha256


class NewVersion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    parent: int | None = Field(None, ge=0, le=2**31 - 1)
    """The version that this is saved on top of, 0 for the first one; or say it with If-Match."""
    message: str = Field("", max_length=MAX_MESSAGE_LENGTH)
    replace: bool = False
    """What is sent is the whole state: everything else is removed."""
    uploads: list[UUID] = Field([], max_length=MOST_UPLOADS)
    """Complete ones."""
    blobs: list[KnownFile] = Field([], max_length=MOST_FILES)
    removed: list[Path] = Field([], max_length=MOST_FILES)
    """Paths in the session's tree."""
    rooted: bool = True
    """Paths start at the project's root, as a pipeline's folder has them; else a folder around it is taken off."""


@router.post(
    "/sessions/{uuid:code}/versions",
    **write_endpoint(
        Job,
        status=202,
        errors=(404, 409, 428),
        is_idempotent=True,
        operation_id="create_version",
        summary="Save files as the next version",
        description=(
            "Nothing is overwritten: if the parent is not the current version any more, the answer is 409 `conflict`, whose"
            " `current` says which one is."
        ),
    ),
)
@once(status=202, location=address_of)
def create_version(
    request: ApiRequest,
    code: UUID,
    body: NewVersion,
    if_match: Annotated[str | None, Header(None, alias="If-Match", description='`"v<number>"`')],
) -> Job:
    user = request.auth.user
    session = get_session_or_404(user, code, Action.EDIT)
    job = request_save(
        session=session,
        author=user,
        files=get_uploads_or_404(user, body.uploads, Action.EDIT),
        request=SaveRequest(
            parent=_parent(body, if_match),
            message=body.message.strip(),
            replace=body.replace,
            removed=body.removed,
            known=[NewFile(path=file.path, size=file.size, sha256=file.sha256) for file in body.blobs],
            rooted=body.rooted,
        ),
        now=timezone.now(),
    )
    return Job.of(job)


def _parent(body: NewVersion, if_match: str | None) -> int:
    told = None
    if if_match is not None:
        match = ETAG.fullmatch(if_match.strip())
        if match is None:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST, "bad_if_match", 'If-Match must be a session\'s ETag, such as "v3".'
            )
        told = int(match[1])
    if body.parent is None and told is None:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED,
            "parent_required",
            "Say which version you worked on: “parent”, or If-Match with the session's ETag. 0 is a session without one.",
        )
    if body.parent is not None and told is not None and body.parent != told:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "bad_if_match", "“parent” and If-Match name different versions."
        )
    return told if body.parent is None else body.parent  # type: ignore[return-value]  # one of the two is there
