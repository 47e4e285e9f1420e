"""New version of a save: the parent's files, minus removed, plus uploaded ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dubbing_core import metadata
from dubbing_core.manifest import Manifest
from dubbing_core.placement import Placement
from sessions_app.models import Blob, DubbingSession
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.limits import check_file_count
from sessions_app.operations.saves.paths import check_paths
from sessions_app.operations.saves.placement import build_entry, find_video_name
from sessions_app.operations.versions.documents import read_texts
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.queries.manifests import VersionContents


def build_new_version(
    context: JobContext,
    session: DubbingSession,
    before: VersionContents,
    *,
    added: Sequence[tuple[Placement, Blob]],
    uploaded: Mapping[str, Any] | None,
) -> NewVersion:
    """Return the version to commit; reads small files and writes nothing.

    :param before: the current version's files.
    :param uploaded: the document among the uploaded files, if any.
    """
    params, parent = context.job.params, before.version
    entries = {} if params["replace"] else {entry.path: entry for entry in before.manifest.entries}
    blob_ids = {} if params["replace"] else dict(before.blob_ids)
    for path in params["removed"]:
        entries.pop(path, None)
    for placement, blob in added:
        entries[placement.path] = build_entry(placement, blob)
        blob_ids[placement.path] = blob.pk
    check_paths(list(entries))
    check_file_count(len(entries))
    changed = {placement.path for placement, _ in added}
    folders = params.get("empty_folders")
    if folders is None:
        folders = () if params["replace"] else before.manifest.empty_folders
    manifest = Manifest.from_entries(entries.values(), empty_folders=folders)
    languages = parent.languages if parent else []
    now = context.clock()
    document = metadata.build_document(
        uploaded if uploaded is not None else (parent.metadata if parent else None),
        entries=manifest.entries,
        video_name=find_video_name([placement for placement, _ in added]) if uploaded is None else None,
        texts=read_texts(context.store, manifest, changed=changed, languages=languages),
        created_at=session.created_at,
        last_updated=now,
        last_accessed=max(session.last_accessed, now),
        keep_stage=uploaded is not None,
    )
    return NewVersion(manifest=manifest, blob_ids=blob_ids, document=document, message=params["message"])
