"""Requests for saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core.label_changes import LabelChange
from dubbing_core.left_out import LeftOut, LeftOutFile
from dubbing_core.paths import PathError, parse_saved_path
from dubbing_core.sentences import sentence
from sessions_app.models import DubbingSession, Job, Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.ingest.from_uploads import claim_received_blobs
from sessions_app.operations.jobs.create import create_job
from sessions_app.operations.limits import check_file_count
from sessions_app.operations.saves.conflict import describe_save_conflict
from sessions_app.operations.saves.corrections import check_corrections, check_recognized, write_corrections
from sessions_app.operations.saves.paths import check_paths
from sessions_app.operations.sessions.names import normalize_name
from sessions_app.operations.uploads.files import iter_files
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.operations.uploads.reuse import reuse_stored_blobs
from sessions_app.operations.versions.conflict import is_up_to_date

MAX_MESSAGE_LENGTH = 500
SHORT_SAVE_FILES = 20
SHORT_SAVE_SIZE = 16 * 1024 * 1024
"""Bytes; object stores copy them."""
SHORT_SAVE_UNHASHED = 1024 * 1024
"""Bytes that the job hashes: of packs, and of parts that were sent directly."""
SHORT_SAVE_OF_FILES = 1000
"""Files of the session."""


@dataclass(frozen=True, kw_only=True)
class SaveRequest:
    """A save on top of version ``parent`` (0: the session has none yet)."""

    parent: int
    base: int | None = None
    """Version that the files were changed from, if older than the parent: without ``replace``, files that are as in it are left
    out."""
    name: str = ""
    """Requested name of a new session."""
    message: str = ""
    replace: bool = False
    """The uploaded files are the whole state: all other files are removed."""
    removed: Sequence[str] = ()
    """Paths in the session to remove."""
    known: Sequence[NewFile] = ()
    """Files whose bytes are stored already, by their SHA-256."""
    empty_folders: Sequence[str] | None = None
    """Folders without files, instead of those of the parent; None to keep these."""
    labels: Mapping[str, LabelChange] = field(default_factory=dict)
    """Corrections of labels, by the path as received."""
    left_out: Sequence[LeftOutFile] = ()
    """Files of the folder that no session can represent; the version records them."""
    source_language: str | None = None
    """Tag of the language that is spoken in the source, "" for none; None keeps what the session has."""
    recognized: Sequence[str] = ()
    """Files whose correction in an earlier version is withdrawn, by the path as received."""
    rooted: bool = False
    """Paths start at the project's root, not at a folder around it."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """Paths in the session that a person has chosen for some files, by path as received."""


def request_save(
    *,
    session: DubbingSession | None,
    author: AbstractBaseUser,
    files: Sequence[Upload],
    request: SaveRequest,
    now: datetime,
    can_run: bool = False,
) -> Job:
    """Queue a save.

    :param can_run: the caller can wait for a short save. If the job is running then, the caller must call `run_claimed_job` after
        the commit.
    :param session: None creates one together with its first version, so that a refused save leaves none.
    :raises BadInputError: there is nothing to save, files are not complete, or a label cannot be corrected.
    :raises ConflictError: the parent is not the current version.
    :raises NotAllowedError: `blob_missing`, bytes of known files are not stored.
    """
    _check_input(files, request)
    folders = _normalize_folders(request.empty_folders or ())
    targets = _parse_targets(request.targets)
    check_file_count(sum(upload.file_count for upload in files) + len(request.known))
    new_name = normalize_name(request.name) if session is None else ""
    if session is not None:
        _check_parent(session, files, request, targets)
    with transaction.atomic():
        reused = reuse_stored_blobs(owner=author, files=request.known, now=now) if request.known else []
        paths = [file.path for upload in (*files, *reused) for file in iter_files(upload)]
        check_paths(paths)
        labels = check_corrections(request.labels, paths)
        recognized = check_recognized(request.recognized, paths)
        Upload.objects.bulk_create(reused, batch_size=ROWS_PER_STATEMENT)
        uploads = [*files, *reused]
        runs = can_run and is_short(session, uploads)
        job = create_job(
            kind=Job.Kind.SAVE,
            owner=author,
            session=session,
            params={
                **_build_params(request),
                "targets": targets,
                "upload_count": len(uploads),
                **({"name": new_name} if session is None else {}),
                **({"labels": write_corrections(labels)} if labels else {}),
                **({"recognized": recognized} if recognized else {}),
                **({} if request.empty_folders is None else {"empty_folders": folders}),
            },
            uploads=uploads,
            now=now,
            lease_until=now + settings.JOB_LEASE if runs else None,
        )
        if runs:
            claim_received_blobs(uploads, now=now)
    return job


def is_short(session: DubbingSession | None, files: Sequence[Upload]) -> bool:
    """Return whether a save takes less time than passing it to a worker."""
    if (
        session is not None
        and session.current is not None
        and session.current.file_count > SHORT_SAVE_OF_FILES
    ):
        return False
    unhashed = [upload.size for upload in files if not upload.received_sha256 and upload.blob_id is None]
    return (
        sum(upload.file_count for upload in files) <= SHORT_SAVE_FILES
        and sum(upload.size for upload in files) <= SHORT_SAVE_SIZE
        and sum(unhashed) <= SHORT_SAVE_UNHASHED
    )


def _build_params(request: SaveRequest) -> dict[str, Any]:
    """Return what the job takes from the request as it is."""
    return {
        "parent": request.parent,
        "message": request.message,
        "replace": request.replace,
        "rooted": request.rooted,
        "removed": list(request.removed),
        **({} if request.base is None else {"base": request.base}),
        **({} if request.source_language is None else {"source_language": request.source_language}),
        **({"left_out": LeftOut.of(request.left_out).as_json()} if request.left_out else {}),
    }


def _check_input(files: Sequence[Upload], request: SaveRequest) -> None:
    if not files and not request.removed and not request.known and request.empty_folders is None:
        raise BadInputError(sentence("Choose at least one file to save."), code="nothing_to_save")
    if len(request.message) > MAX_MESSAGE_LENGTH:
        raise BadInputError(
            sentence(
                "A message may have %(max_message_length)s characters.", max_message_length=MAX_MESSAGE_LENGTH
            ),
            code="message_too_long",
        )
    if any(upload.state != Upload.State.RECEIVED for upload in files):
        raise BadInputError(
            sentence("Some files are not complete yet. Wait for the uploads, then save."),
            code="upload_incomplete",
        )


def _check_parent(
    session: DubbingSession, files: Sequence[Upload], request: SaveRequest, targets: Mapping[str, str]
) -> None:
    if is_up_to_date(session, request.parent):
        return
    hashes = {file.path: file.sha256 for upload in files for file in iter_files(upload)}
    raise describe_save_conflict(
        session,
        parent=request.parent if request.base is None else request.base,
        hashes=hashes | {file.path: file.sha256 for file in request.known},
        removed=request.removed,
        replaces_all=request.replace,
        rooted=request.rooted,
        targets=targets,
    )


def _parse_targets(targets: Mapping[str, str]) -> dict[str, str]:
    try:
        return {parse_saved_path(source): parse_saved_path(target) for source, target in targets.items()}
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error


def _normalize_folders(folders: Sequence[str]) -> list[str]:
    try:
        return sorted({parse_saved_path(folder) for folder in folders})
    except PathError as error:
        raise BadInputError(str(error), code=error.code) from error
