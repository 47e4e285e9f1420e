"""Restore a part of a version: its files and values replace the current ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core import metadata
from dubbing_core.categories import Category
from dubbing_core.input_history import InputHistory
from dubbing_core.label_changes import LabelChange, apply_label_changes
from dubbing_core.labels import Role
from dubbing_core.languages import fold_language_tag
from dubbing_core.manifest import Manifest, ManifestEntry
from dubbing_core.paths import PathError, list_for_message
from dubbing_core.removed_texts import drop_removed_texts
from dubbing_core.restored_part import RestoredPart, restore_entries, restore_values
from dubbing_core.sentences import sentence
from dubbing_core.stale_results import Staleness
from dubbing_core.staleness import CompareLines, OutdatedResult, compute_progress_history
from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import BadInputError, ConflictError, NotAllowedError
from sessions_app.operations.limits import check_file_count
from sessions_app.operations.versions.commit import commit_version, get_input_history
from sessions_app.operations.versions.conflict import describe_restore_conflict
from sessions_app.operations.versions.documents import read_metadata_texts
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.queries.comparisons import Comparison, build_comparison
from sessions_app.queries.manifests import VersionContents, get_version_contents
from sessions_app.queries.media import find_unreadable_media
from sessions_app.queries.same_texts import find_text_origins, find_unreadable_texts, get_same_texts
from sessions_app.queries.shared_cells import SharedFile, list_shared_cells, list_shared_files
from sessions_app.queries.timelines import get_planned_texts, list_line_audio_of
from sessions_app.queries.track_loader import TrackLoader
from sessions_app.storage import get_store

ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class RestorePlan:
    """The version that a restore would make."""

    part: RestoredPart
    """With what its files have in common with other languages."""
    current: Version
    before: VersionContents
    new: NewVersion
    shared_files: list[SharedFile]
    """Files that are restored with all of their languages."""

    def compare(self) -> Comparison:
        """Return what the restore would change, and what would become stale.

        By lines, where the texts of the session were read.
        """
        number = self.current.number + 1
        history = get_input_history(self.current, self.before.manifest)
        compare_lines = None
        if self.current.has_read_texts:
            history, compare_lines = self._read_lines(history, number)
        matrix, _ = compute_progress_history(
            self.new.document,
            self.new.manifest.files,
            since={entry.path: entry.since for entry in self.new.manifest.entries},
            history=history,
            number=number,
            compare_lines=compare_lines,
        )
        return build_comparison(
            files=(self.before.manifest.files, self.new.manifest.files),
            documents=(self.current.metadata, self.new.document),
            matrices=(self.current.progress_matrix, matrix),
        )

    def _read_lines(self, history: InputHistory, number: int) -> tuple[InputHistory, CompareLines]:
        """Return the history with what is known of all texts, and the comparison of lines."""
        session, files = self.current.session, self.new.manifest.files
        unreadable = find_unreadable_texts(session) | find_unreadable_media(session)
        origins = find_text_origins(session)
        loader = TrackLoader(session, origins, planned={number: get_planned_texts(files, self.new.blob_ids)})
        line_audio = list_line_audio_of(files, unreadable=unreadable)

        def compare_lines(outdated: OutdatedResult) -> Staleness | None:
            segments = line_audio.get(fold_language_tag(outdated.language), ())
            return loader.compare_lines(outdated, segments, number=number)

        return history.with_texts(get_same_texts(origins), unreadable), compare_lines


def restore_part(
    *,
    session: DubbingSession,
    number: int,
    part: RestoredPart,
    author: AbstractBaseUser,
    now: datetime,
    parent: int | None = None,
) -> Version:
    """Commit a version that has a part as version ``number`` had it.

    No bytes move and no version is lost.

    :param parent: refuse if another version is current; None restores into the current one, whichever it is.
    :raises BadInputError: neither version has such files, or the restored files cannot be beside the others.
    :raises ConflictError: ``parent`` is not the current version.
    :raises UnchangedError: the current version has the part already.
    """
    for attempt in range(ATTEMPTS):
        plan = plan_restore(session=session, number=number, part=part, now=now)
        if parent is not None and plan.current.number != parent:
            raise describe_restore_conflict(plan.current)
        try:
            return commit_version(
                session=session,
                parent=plan.current,
                before=plan.before.manifest,
                new=plan.new,
                author=author,
                now=now,
            )
        except ConflictError:
            if parent is not None:
                session.refresh_from_db()
                assert session.current is not None
                raise describe_restore_conflict(session.current) from None
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def plan_restore(*, session: DubbingSession, number: int, part: RestoredPart, now: datetime) -> RestorePlan:
    """Return the version that restoring a part would make; nothing is written.

    :raises BadInputError: as `restore_part`.
    """
    current = DubbingSession.objects.select_related("current").get(pk=session.pk).current
    old = Version.objects.filter(session=session, number=number).first()
    if current is None or old is None:
        raise NotAllowedError(
            sentence("This session has no version %(number)s.", number=number),
            code="no_such_version",
        )
    part = replace(part, shared=_find_shared(old, part))
    before, earlier = get_version_contents(current), get_version_contents(old)
    _check_part(part, before, earlier, number)
    entries = _restore_entries(before, earlier, part)
    check_file_count(len(entries))
    try:
        manifest = Manifest.from_entries(entries.values(), empty_folders=before.manifest.empty_folders)
    except PathError as error:
        raise BadInputError(
            sentence(
                "The restored files cannot be beside those of version %(number)s: %(error)s",
                number=current.number,
                error=error,
            ),
            code=error.code,
        ) from error
    reduced = drop_removed_texts(current.metadata, before.manifest.files, manifest.files)
    document = metadata.build_document(
        restore_values(reduced, old.metadata, part),
        entries=manifest.entries,
        video_name=None,
        # Single files, and those of several languages, have no values of their own in the earlier document.
        texts=read_metadata_texts(
            get_store(),
            manifest,
            changed={*part.paths, *_list_shared(earlier, part)},
            languages=current.languages,
        ),
        created_at=session.created_at,
        last_updated=now,
        last_accessed=max(session.last_accessed, now),
    )
    new = NewVersion(
        manifest=manifest,
        blob_ids={
            **before.blob_ids,
            **{path: earlier.blob_ids[path] for path in _list_restored(earlier, part)},
        },
        document=document,
        message=sentence("Restored %(part)s from version %(number)s", part=part.describe(), number=number),
    )
    return RestorePlan(
        part=part, current=current, before=before, new=new, shared_files=list_shared_files(old, part)
    )


def _find_shared(version: Version, part: RestoredPart) -> frozenset[Category]:
    """Return the categories whose files the chosen cells share with others."""
    shared = list_shared_cells(version) if part.cells else set()
    return frozenset(cell.category for cell in part.cells if cell in shared)


def _list_shared(earlier: VersionContents, part: RestoredPart) -> list[str]:
    return [
        entry.path
        for entry in earlier.manifest.entries
        if not entry.language and entry.category in part.shared
    ]


def _list_restored(earlier: VersionContents, part: RestoredPart) -> list[str]:
    return [entry.path for entry in earlier.manifest.entries if part.includes(entry)]


def _check_part(part: RestoredPart, before: VersionContents, earlier: VersionContents, number: int) -> None:
    if not part:
        raise BadInputError(sentence("Choose what to restore."), code="nothing_selected")
    entries = [*before.manifest.entries, *earlier.manifest.entries]
    if missing := sorted(part.paths - {entry.path for entry in entries}):
        raise BadInputError(
            sentence(
                "Neither version %(number)s nor the current one has %(missing)s.",
                number=number,
                missing=list_for_message(missing),
            ),
            code="no_such_file",
        )
    if not any(part.includes(entry) for entry in entries):
        raise BadInputError(
            sentence(
                "Neither version %(number)s nor the current one has %(part)s.",
                number=number,
                part=part.describe(),
            ),
            code="nothing_selected",
        )


def _restore_entries(
    before: VersionContents, earlier: VersionContents, part: RestoredPart
) -> dict[str, ManifestEntry]:
    entries = restore_entries(before.manifest.entries, earlier.manifest.entries, part)
    restored = _list_restored(earlier, part)
    sources = [path for path in restored if entries[path].role is Role.SOURCE]
    has_others = any(entry.role is Role.SOURCE and path not in sources for path, entry in entries.items())
    if len(sources) == 1 and has_others:  # a project has one source
        return apply_label_changes(entries, {sources[0]: LabelChange(role=Role.SOURCE)})
    return entries
