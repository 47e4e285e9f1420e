"""Restore a version: commit its files and metadata again as the newest one."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from dubbing_core import metadata
from dubbing_core.sentences import sentence
from dubbing_core.texts import ExtractedTexts
from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.versions.commit import commit_version
from sessions_app.operations.versions.conflict import describe_restore_conflict
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.queries.manifests import get_version_contents


def restore_version(
    *,
    session: DubbingSession,
    number: int,
    author: AbstractBaseUser,
    now: datetime,
    parent: int | None = None,
) -> Version:
    """Commit a new version with the files of version ``number``.

    No bytes move and no version is lost.

    :param parent: refuse if another version is current; None replaces the current one, whichever it is.
    :raises NotAllowedError: the session has no such version.
    :raises ConflictError: ``parent`` is not the current version.
    :raises UnchangedError: the current version has the same files and metadata.
    """
    with transaction.atomic():
        locked = DubbingSession.objects.select_for_update().get(pk=session.pk)
        old = Version.objects.filter(session=locked, number=number).first()
        if old is None:
            raise NotAllowedError(
                sentence("This session has no version %(number)s.", number=number),
                code="no_such_version",
            )
        if parent is not None and locked.current is not None and locked.current.number != parent:
            raise describe_restore_conflict(locked.current)
        held = get_version_contents(old)
        document = metadata.build_document(
            old.metadata,
            entries=held.manifest.entries,
            video_name=None,
            texts=ExtractedTexts(),
            created_at=locked.created_at,
            last_updated=now,
            last_accessed=locked.last_accessed,
            keep_stage=True,
        )
        new = NewVersion(
            manifest=held.manifest,
            blob_ids=held.blob_ids,
            document=document,
            message=sentence("Restored from version %(number)s", number=number),
            left_out=old.left_out_files,
            restored_from=number,
        )
        version = commit_version(session=locked, parent=locked.current, new=new, author=author, now=now)
    session.refresh_from_db()
    return version
