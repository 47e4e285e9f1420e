"""Restore a part of a version: its files and values replace the current ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core import metadata
from dubbing_core.label_changes import LabelChange, apply_label_changes
from dubbing_core.labels import Role
from dubbing_core.manifest import Manifest, ManifestEntry
from dubbing_core.paths import PathError, list_for_message
from dubbing_core.removed_texts import drop_removed_texts
from dubbing_core.restored_part import RestoredPart, restore_entries, restore_values
from dubbing_core.staleness import compute_progress_history
from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import BadInputError, ConflictError, NotAllowedError
from sessions_app.operations.limits import check_file_count
from sessions_app.operations.versions.commit import commit_version, get_input_history
from sessions_app.operations.versions.conflict import describe_restore_conflict
from sessions_app.operations.versions.documents import read_texts
from sessions_app.operations.versions.new_version import NewVersion
from sessions_app.queries.comparisons import Comparison, build_comparison
from sessions_app.queries.manifests import VersionContents, get_version_contents
from sessions_app.storage import get_store

ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class RestorePlan:
    """The version that a restore would make."""

    current: Version
    before: VersionContents
    new: NewVersion

    def compare(self) -> Comparison:
        """Return what the restore would change, and what would become stale."""
        matrix, _ = compute_progress_history(
            self.new.document,
            self.new.manifest.files,
            since={entry.path: entry.since for entry in self.new.manifest.entries},
            history=get_input_history(self.current, self.before.manifest),
            number=self.current.number + 1,
        )
        return build_comparison(
            files=(self.before.manifest.files, self.new.manifest.files),
            documents=(self.current.metadata, self.new.document),
            matrices=(self.current.progress_matrix, matrix),
        )


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
        raise NotAllowedError(f"This session has no version {number}.", code="no_such_version")
    before, earlier = get_version_contents(current), get_version_contents(old)
    _check_part(part, before, earlier, number)
    entries = _restore_entries(before, earlier, part)
    check_file_count(len(entries))
    try:
        manifest = Manifest.from_entries(entries.values(), empty_folders=before.manifest.empty_folders)
    except PathError as error:
        raise BadInputError(
            f"The restored files cannot be beside those of version {current.number}: {error}", code=error.code
        ) from error
    reduced = drop_removed_texts(current.metadata, before.manifest.files, manifest.files)
    document = metadata.build_document(
        restore_values(reduced, old.metadata, part),
        entries=manifest.entries,
        video_name=None,
        # Single files have no values of their own in the earlier document.
        texts=read_texts(get_store(), manifest, changed=part.paths, languages=current.languages),
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
        message=f"Restored {part.describe()} from version {number}",
    )
    return RestorePlan(current=current, before=before, new=new)


def _list_restored(earlier: VersionContents, part: RestoredPart) -> list[str]:
    return [entry.path for entry in earlier.manifest.entries if part.includes(entry)]


def _check_part(part: RestoredPart, before: VersionContents, earlier: VersionContents, number: int) -> None:
    if not part:
        raise BadInputError("Choose what to restore.", code="nothing_selected")
    entries = [*before.manifest.entries, *earlier.manifest.entries]
    if missing := sorted(part.paths - {entry.path for entry in entries}):
        raise BadInputError(
            f"Neither version {number} nor the current one has {list_for_message(missing)}.",
            code="no_such_file",
        )
    if not any(part.includes(entry) for entry in entries):
        raise BadInputError(
            f"Neither version {number} nor the current one has {part.describe()}.", code="nothing_selected"
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
