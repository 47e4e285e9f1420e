"""New version of a save: the parent's files, minus removed, plus uploaded ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dubbing_core import metadata
from dubbing_core.categories import Category
from dubbing_core.label_changes import LabelChange, LabelError, apply_label_changes
from dubbing_core.layouts.recognition import Recognition
from dubbing_core.left_out import parse_left_out
from dubbing_core.manifest import Manifest, ManifestEntry
from dubbing_core.placement import Placement
from dubbing_core.project_edits import read_edits, state_source_language, write_edits
from dubbing_core.removed_texts import drop_removed_texts
from dubbing_core.stated_texts import find_stated_texts, leave_out_stated
from dubbing_core.texts import ExtractedTexts
from dubbing_core.timeline.session_texts import remove_filled
from sessions_app.models import Blob, DubbingSession, Version
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.limits import check_file_count
from sessions_app.operations.saves.labels import label_entries, read_small_blobs, recognize_entries
from sessions_app.operations.saves.paths import check_paths
from sessions_app.operations.saves.placement import build_entry
from sessions_app.operations.versions.documents import TEXT_CATEGORIES, read_metadata_texts
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.queries.manifests import VersionContents, load_entries


def drop_unchanged(
    added: Sequence[tuple[Placement, Blob]], *, base: Version | None
) -> list[tuple[Placement, Blob]]:
    """Return the files that differ from version ``base``.

    The others would undo a change that a later version made.
    """
    if base is None:
        return list(added)
    unchanged = {(entry.path, entry.sha256) for entry in load_entries(base)}
    return [(placement, blob) for placement, blob in added if (placement.path, blob.sha256) not in unchanged]


def build_new_version(
    context: JobContext,
    session: DubbingSession | None,
    before: VersionContents,
    *,
    now: datetime,
    added: Sequence[tuple[Placement, Blob]],
    uploaded: Mapping[str, Any] | None,
    corrections: Mapping[str, LabelChange],
) -> NewVersion:
    """Return the version to commit; reads small files and writes nothing.

    :param session: None if it is created with this version.
    :param before: the current version's files.
    :param uploaded: the document among the uploaded files, if any.
    :param corrections: of labels, by path in the session.
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
    entries, recognition = _label(context, before, entries, added)
    entries = _correct_labels(entries, corrections)
    manifest = Manifest.from_entries(entries.values(), empty_folders=_list_folders(params, before))
    earlier = drop_removed_texts(parent.metadata, before.manifest.files, manifest.files) if parent else None
    if uploaded is not None and parent is not None and parent.texts:
        uploaded = remove_filled(uploaded, parent.texts)
    if recognition is not None:
        changed |= _find_relabeled_texts(before.manifest.entries, entries)
    languages = parent.languages if parent else []
    texts = read_metadata_texts(
        context.store, manifest, changed=changed, languages=languages, recognition=recognition
    )
    base = _choose_document(uploaded, earlier, texts, manifest, params)
    return NewVersion(
        manifest=manifest,
        blob_ids=blob_ids,
        document=metadata.build_document(
            base,
            entries=manifest.entries,
            video_name=_find_video_name(entries, changed) if uploaded is None else None,
            texts=leave_out_stated(texts, read_edits(base).stated_texts),
            created_at=session.created_at if session else now,
            last_updated=now,
            last_accessed=max(session.last_accessed, now) if session else now,
            keep_stage=uploaded is not None,
        ),
        message=params["message"],
        left_out=parse_left_out(params.get("left_out", {})),
    )


def _list_folders(params: Mapping[str, Any], before: VersionContents) -> Sequence[str]:
    """Return the empty folders of the version: those sent, or those of before."""
    if params.get("empty_folders") is not None:
        return list(params["empty_folders"])
    return () if params["replace"] else before.manifest.empty_folders


def _label(
    context: JobContext,
    before: VersionContents,
    entries: dict[str, ManifestEntry],
    added: Sequence[tuple[Placement, Blob]],
) -> tuple[dict[str, ManifestEntry], Recognition | None]:
    """Return the entries with the recognized labels, and what was recognized."""
    params, parent = context.job.params, before.version
    spoken = params.get("source_language", read_edits(parent.metadata).source_language if parent else "")
    recognition = recognize_entries(
        read_small_blobs(context.store, entries),
        entries,
        changed={placement.path for placement, _ in added},
        languages=parent.languages if parent else [],
        source_language=spoken,
    )
    if recognition is None:
        return entries, None
    sources = set(params.get("recognized", ()))
    withdrawn = {placement.path for placement, _ in added if placement.source in sources}
    earlier = before.blob_ids.keys() - withdrawn
    return label_entries(recognition, entries, before=earlier, is_language_stated=bool(spoken)), recognition


def _correct_labels(
    entries: dict[str, ManifestEntry], corrections: Mapping[str, LabelChange]
) -> dict[str, ManifestEntry]:
    # A file that was left out may have been removed in the meantime.
    present = {path: change for path, change in corrections.items() if path in entries}
    try:
        return apply_label_changes(entries, present)
    except LabelError as error:
        raise BadInputError(str(error), code=error.code) from error


def _choose_document(
    uploaded: Mapping[str, Any] | None,
    earlier: Mapping[str, Any] | None,
    texts: ExtractedTexts,
    manifest: Manifest,
    params: Mapping[str, Any],
) -> Mapping[str, Any] | None:
    """Return the uploaded document, or the earlier one, with statements of the save."""
    if uploaded is None:
        return _state_language(earlier, params)
    return _state_language(_state_texts(_keep_edits(uploaded, earlier), earlier, texts, manifest), params)


def _keep_edits(uploaded: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return an uploaded document with the edits of the earlier one.

    Edits of its own come first.
    """
    edits = read_edits(earlier)
    return write_edits(uploaded, edits) if edits and not read_edits(uploaded) else uploaded


def _state_texts(
    uploaded: Mapping[str, Any],
    earlier: Mapping[str, Any] | None,
    texts: ExtractedTexts,
    manifest: Manifest,
) -> Mapping[str, Any]:
    """Return an uploaded document that records which of its texts a person stated."""
    edits = read_edits(uploaded)
    categories = {entry.category for entry in manifest.entries}
    stated = find_stated_texts(uploaded, earlier, texts, categories=categories, stated=edits.stated_texts)
    return write_edits(uploaded, replace(edits, stated_texts=stated))


def _state_language(
    document: Mapping[str, Any] | None, params: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return a document with the spoken language that was sent with the save."""
    if "source_language" not in params:
        return document
    return state_source_language(document or {}, params["source_language"])


def _find_relabeled_texts(before: Iterable[ManifestEntry], entries: Mapping[str, ManifestEntry]) -> set[str]:
    """Return the paths of earlier texts that have another label now."""
    return {
        old.path
        for old in before
        if old.category in TEXT_CATEGORIES and old.path in entries and entries[old.path].label != old.label
    }


def _find_video_name(entries: Mapping[str, ManifestEntry], changed: Collection[str]) -> str | None:
    """Return the file name of the source video, if it is among the changed files."""
    sources = (path for path in sorted(changed) if entries[path].category is Category.ORIGINAL_VIDEO)
    return next((path.rpartition("/")[2] for path in sources), None)
