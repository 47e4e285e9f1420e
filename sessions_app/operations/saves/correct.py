"""Correct a session's labels, languages and voices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core import metadata
from dubbing_core.label_changes import (
    LabelChange,
    LabelError,
    apply_label_changes,
    prefer_persons_source,
)
from dubbing_core.labels import LabelAuthor
from dubbing_core.layouts.recognizers import recognize
from dubbing_core.manifest import Manifest, ManifestEntry
from dubbing_core.placement import label_files
from dubbing_core.project_edits import Target, read_edits, state_source_language, write_edits
from dubbing_core.removed_texts import drop_removed_texts
from dubbing_core.sentences import sentence
from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import BadInputError, ConflictError
from sessions_app.operations.saves.checks import apply_checks
from sessions_app.operations.saves.correction_message import describe_correction
from sessions_app.operations.saves.correction_texts import reread_texts
from sessions_app.operations.saves.labels import label_entries, read_small_blobs
from sessions_app.operations.versions.commit import commit_version
from sessions_app.operations.versions.conflict import describe_conflict
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.queries.manifests import VersionContents, get_version_contents
from sessions_app.storage import get_store
from sessions_app.storage.store import BlobReader

ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class Correction:
    """Statements of a person about a session."""

    labels: Mapping[str, LabelChange] = field(default_factory=dict)
    """By path."""
    recognized: Collection[str] = ()
    """Paths of files that get the recognizer's label again."""
    targets: Mapping[str, Target] = field(default_factory=dict)
    """By language."""
    voices: Mapping[str, str] = field(default_factory=dict)
    """By language or speaker; "" removes one."""
    source_language: str | None = None
    """Tag of the language that is spoken in the source; "" withdraws it, None keeps it."""
    checks: Mapping[str, bool] = field(default_factory=dict)
    """Stale results, by cell (``hi:audio``): True if they were checked and are right, False to withdraw that."""
    message: str = ""
    """By default a description of the correction."""
    parent: int | None = None
    """Refuse if another version is current; None corrects the current one, whichever it is."""

    def __bool__(self) -> bool:
        stated = self.source_language is not None
        edits = self.targets or self.voices or self.checks
        return bool(self.labels or self.recognized or edits or stated)


def correct_session(
    *, session: DubbingSession, author: AbstractBaseUser, correction: Correction, now: datetime
) -> Version:
    """Commit a version with the same files and the corrections.

    :raises BadInputError: there is nothing to correct, or a correction is impossible.
    :raises ConflictError: `correction.parent` is not the current version.
    :raises UnchangedError: everything is as requested already.
    """
    if not correction:
        raise BadInputError(sentence("Choose what to correct."), code="nothing_to_correct")
    reader = get_store()
    for attempt in range(ATTEMPTS):
        current = DubbingSession.objects.select_related("current").get(pk=session.pk).current
        if current is None:
            raise BadInputError(sentence("This session has no files yet."), code="no_version")
        if correction.parent is not None and correction.parent != current.number:
            raise describe_conflict(session)
        before = get_version_contents(current)
        new = _build_version(session, current, before, correction, author=author, reader=reader, now=now)
        try:
            return commit_version(
                session=session, parent=current, before=before.manifest, new=new, author=author, now=now
            )
        except ConflictError:
            if correction.parent is not None or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def _build_version(
    session: DubbingSession,
    current: Version,
    before: VersionContents,
    correction: Correction,
    *,
    author: AbstractBaseUser,
    reader: BlobReader,
    now: datetime,
) -> NewVersion:
    entries = {entry.path: entry for entry in before.manifest.entries}
    try:
        corrected = apply_label_changes(
            _recognize_again(entries, correction, reader, current), correction.labels
        )
    except LabelError as error:
        raise BadInputError(str(error), code=error.code) from error
    manifest = Manifest.from_entries(corrected.values(), empty_folders=before.manifest.empty_folders)
    document = current.metadata
    if correction.source_language is not None:
        document = state_source_language(document, correction.source_language)
    edits = read_edits(document)
    for tag, target in correction.targets.items():
        if edits.has_added(tag):  # no file or text may have it
            document["languages"] = [each for each in document["languages"] if each != tag]
        edits = edits.set_target(tag, target)
    for key, voice in correction.voices.items():
        edits = edits.set_voice(key, voice)
    edits = apply_checks(edits, correction.checks, current, before.manifest, author=author, now=now)
    reduced, texts = reread_texts(
        reader, write_edits(document, edits), before.manifest, manifest, languages=current.languages
    )
    document = metadata.build_document(
        drop_removed_texts(reduced, before.manifest.files, manifest.files),
        entries=manifest.entries,
        video_name=_find_new_source(correction.labels),
        texts=texts,
        created_at=session.created_at,
        last_updated=now,
        last_accessed=max(session.last_accessed, now),
    )
    message = correction.message or describe_correction(
        [*correction.labels, *correction.recognized],
        correction.targets,
        correction.voices,
        source_language=correction.source_language,
        checks=correction.checks,
    )
    return NewVersion(manifest=manifest, blob_ids=before.blob_ids, document=document, message=message)


def _recognize_again(
    entries: Mapping[str, ManifestEntry],
    correction: Correction,
    reader: BlobReader,
    current: Version,
) -> dict[str, ManifestEntry]:
    """Return the entries with the recognizer's labels where they are requested.

    The spoken language changes labels of texts: those that no person set follow it.
    """
    paths = [path for path in correction.recognized if path in entries and not entries[path].is_metadata]
    stated = correction.source_language
    if not paths and stated is None:
        return dict(entries)
    recognition = recognize(
        entries,
        read_small_blobs(reader, entries),
        languages=current.languages,
        source_language=read_edits(current.metadata).source_language if stated is None else stated,
    )
    if recognition is None:
        return dict(entries)
    if stated is not None:
        entries = label_entries(recognition, entries, before=entries.keys(), is_language_stated=True)
    known = {path: entry.label for path, entry in entries.items() if path not in correction.recognized}
    labels = label_files(recognition, paths, known=known, has_metadata=False)
    recognized = {
        path: replace(
            entry,
            category=labels[path].category,
            language=labels[path].language,
            role=labels[path].role,
            labeled_by=LabelAuthor.RECOGNIZER,
        )
        if path in labels
        else entry
        for path, entry in entries.items()
    }
    return prefer_persons_source(recognized)


def _find_new_source(changes: Mapping[str, LabelChange]) -> str | None:
    return next((path.rpartition("/")[2] for path, change in changes.items() if change.makes_source), None)
