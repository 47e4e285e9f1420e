"""Requests for saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core.label_changes import LabelChange
from dubbing_core.left_out import LeftOut, LeftOutFile
from dubbing_core.paths import PathError, parse_saved_path
from sessions_app.models import DubbingSession, Job, Upload
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.jobs.create import create_job
from sessions_app.operations.limits import check_file_count
from sessions_app.operations.saves.conflict import describe_save_conflict
from sessions_app.operations.saves.corrections import check_corrections, write_corrections
from sessions_app.operations.saves.paths import check_paths
from sessions_app.operations.uploads.files import iter_files
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.operations.uploads.reuse import reuse_stored_blobs
from sessions_app.operations.versions.conflict import is_up_to_date

MAX_MESSAGE_LENGTH = 500


@dataclass(frozen=True, kw_only=True)
class SaveRequest:
    """A save on top of version ``parent`` (0: the session has none yet)."""

    parent: int
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
    rooted: bool = False
    """Paths start at the project's root, not at a folder around it."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """Paths in the session that a person has chosen for some files, by path as received."""


def request_save(
    *,
    session: DubbingSession,
    author: AbstractBaseUser,
    files: Sequence[Upload],
    request: SaveRequest,
    now: datetime,
) -> Job:
    """Queue a save.

    :raises BadInputError: there is nothing to save, files are not complete, or a label cannot be corrected.
    :raises ConflictError: the parent is not the current version.
    :raises NotAllowedError: `blob_missing`, bytes of known files are not stored.
    """
    if not files and not request.removed and not request.known and request.empty_folders is None:
        raise BadInputError("Choose at least one file to save.", code="nothing_to_save")
    if len(request.message) > MAX_MESSAGE_LENGTH:
        raise BadInputError(f"A message may have {MAX_MESSAGE_LENGTH} characters.", code="message_too_long")
    if any(upload.state != Upload.State.RECEIVED for upload in files):
        raise BadInputError(
            "Some files are not complete yet. Wait for the uploads, then save.", code="upload_incomplete"
        )
    folders = _normalize_folders(request.empty_folders or ())
    targets = _parse_targets(request.targets)
    check_file_count(sum(upload.file_count for upload in files) + len(request.known))
    if not is_up_to_date(session, request.parent):
        hashes = {file.path: file.sha256 for upload in files for file in iter_files(upload)}
        raise describe_save_conflict(
            session,
            parent=request.parent,
            hashes=hashes | {file.path: file.sha256 for file in request.known},
            removed=request.removed,
            replaces_all=request.replace,
            rooted=request.rooted,
            targets=targets,
        )
    with transaction.atomic():
        reused = reuse_stored_blobs(owner=author, files=request.known, now=now) if request.known else []
        paths = [file.path for upload in (*files, *reused) for file in iter_files(upload)]
        check_paths(paths)
        labels = check_corrections(request.labels, paths)
        Upload.objects.bulk_create(reused, batch_size=ROWS_PER_STATEMENT)
        return create_job(
            kind=Job.Kind.SAVE,
            owner=author,
            session=session,
            params={
                "parent": request.parent,
                "message": request.message,
                "replace": request.replace,
                "rooted": request.rooted,
                "removed": list(request.removed),
                "targets": targets,
                "upload_count": len(files) + len(reused),
                **({"labels": write_corrections(labels)} if labels else {}),
                **({} if request.empty_folders is None else {"empty_folders": folders}),
                **({"left_out": LeftOut.of(request.left_out).as_json()} if request.left_out else {}),
            },
            uploads=[*files, *reused],
            now=now,
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
