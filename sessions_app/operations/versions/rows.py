"""Row of a version, with the columns for lists and searches beside its document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeSummary
from dubbing_core.input_history import InputHistory
from dubbing_core.manifest import ManifestEntry
from dubbing_core.session_names import fold_session_name
from dubbing_core.staleness import compute_progress_history
from dubbing_core.stored_matrix import store_matrix
from sessions_app.models import DubbingSession, Version
from sessions_app.operations.versions.entries import AddedBlobs
from sessions_app.operations.versions.new_version import NewVersion


def build_version(
    *,
    session: DubbingSession | None,
    number: int,
    new: NewVersion,
    added: AddedBlobs,
    since: Mapping[str, int],
    history: InputHistory,
    changes: ChangeSummary,
    parent: Version | None,
    author: AbstractBaseUser | None,
    now: datetime,
) -> Version:
    """Return the version's row, not saved yet.

    :param session: None if it does not exist yet.
    :param added: the blobs that are new in the session.
    :param since: version in which the session first had the bytes of each file, by path.
    :param history: of the inputs of results, up to ``parent``.
    :param changes: since ``parent``.
    :param parent: the version before it, if there is one.
    """
    matrix, input_history = compute_progress_history(
        new.document, new.manifest.files, since=since, history=history, number=number
    )
    progress = matrix.progress
    video_name = str(new.document.get("video_name") or "")[:255]
    return Version(
        session=session,
        number=number,
        created_at=now,
        created_by_id=author.pk if author else None,
        message=new.message,
        restored_from=new.restored_from,
        document=json.dumps(new.document),
        fingerprint=new.fingerprint,
        file_count=len(new.manifest.files),
        empty_file_count=[entry.size for entry in new.manifest.files].count(0),
        total_size=new.manifest.total_size,
        stored_size=added.size,
        history_size=added.size + (parent.history_size if parent else 0),
        history_blob_count=added.count + (parent.history_blob_count if parent else 0),
        file_groups=group_files(new.manifest.files),
        changes=changes.as_dict(),
        empty_folders=list(new.manifest.empty_folders),
        left_out=new.left_out.as_json(),
        video_name=video_name,
        folded_video_name=fold_session_name(video_name),
        language_tags=Version.join_tags(new.document.get("languages") or []),
        matrix=store_matrix(matrix),
        input_history=input_history.as_dict(),
        stage=matrix.stage.value,
        has_transcription=progress.has_transcription,
        has_translations=progress.has_translations,
        has_audio=progress.has_audio,
        has_videos=progress.has_videos,
    )


def group_files(entries: Iterable[ManifestEntry]) -> list[list[str | int]]:
    """Count files and bytes by category and language, for `Version.file_groups`."""
    groups: dict[tuple[Category, str], list[int]] = {}
    for entry in entries:
        key = entry.category, entry.language
        if (counts := groups.get(key)) is None:
            counts = groups[key] = [0, 0]
        counts[0] += 1
        counts[1] += entry.size
    return [[category.value, language, *counts] for (category, language), counts in sorted(groups.items())]
