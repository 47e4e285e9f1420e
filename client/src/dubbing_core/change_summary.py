"""Summary of what a save changes: numbers, sizes, the first paths, and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from dubbing_core.enums import StrEnum
from dubbing_core.manifest import Changes, Manifest, ManifestEntry, diff_manifests
from dubbing_core.paths import escape_for_message
from dubbing_core.sentences import Number, join, plural, plural_forms, sentence

KEPT_PATHS = 10
"""Paths of each kind that a summary keeps."""
NAMED_PATHS = 3
"""Paths of each kind in a sentence."""


class ChangeKind(StrEnum):
    """What happens to a file."""

    NEW = "new"
    CHANGED = "changed"
    """Other bytes at the same path."""
    MOVED = "moved"
    """The same bytes at another path. Only comparisons of any two versions find out."""
    RELABELED = "relabeled"
    """The same bytes with another category, language or role."""
    MADE_EXECUTABLE = "made_executable"
    """Only the executable bit differs, as in the next kind."""
    NOT_EXECUTABLE = "not_executable"
    REMOVED = "removed"

    @property
    def words(self) -> str:
        """The kind after a number of files: `2 made executable`."""
        return WORDS[self]


WORDS = {
    ChangeKind.NEW: sentence("new"),
    ChangeKind.CHANGED: sentence("changed"),
    ChangeKind.MOVED: sentence("moved"),
    ChangeKind.RELABELED: sentence("relabeled"),
    ChangeKind.REMOVED: sentence("removed"),
    ChangeKind.MADE_EXECUTABLE: sentence("made executable"),
    ChangeKind.NOT_EXECUTABLE: sentence("no longer executable"),
}
COUNTS = {
    ChangeKind.NEW: plural_forms("%(count)s new", "%(count)s new"),
    ChangeKind.CHANGED: plural_forms("%(count)s changed", "%(count)s changed"),
    ChangeKind.MOVED: plural_forms("%(count)s moved", "%(count)s moved"),
    ChangeKind.RELABELED: plural_forms("%(count)s relabeled", "%(count)s relabeled"),
    ChangeKind.REMOVED: plural_forms("%(count)s removed", "%(count)s removed"),
    ChangeKind.MADE_EXECUTABLE: plural_forms("%(count)s made executable", "%(count)s made executable"),
    ChangeKind.NOT_EXECUTABLE: plural_forms(
        "%(count)s no longer executable", "%(count)s no longer executable"
    ),
}


@dataclass(frozen=True, kw_only=True)
class ChangeGroup:
    """The files of one kind of change."""

    count: int
    size: int
    """Bytes of the files, of changed ones in their new state."""
    paths: tuple[str, ...]
    """The first ones, sorted."""

    def describe(self, kind: ChangeKind, *, is_named: bool) -> str:
        """Return for example `3 changed: a.wav, b.wav, c.wav`."""
        if not is_named or not self.paths:
            return plural(*COUNTS[kind], count=self.count)
        # "and 1 more" would take as much room as the path.
        named = self.paths[: NAMED_PATHS if self.count <= NAMED_PATHS else NAMED_PATHS - 1]
        rest = self.count - len(named)
        paths = ", ".join(map(escape_for_message, named))
        if rest:
            paths = sentence("%(shown)s and %(count)s more", shown=paths, count=Number(rest))
        return join([plural(*COUNTS[kind], count=self.count), paths], ": ")


@dataclass(frozen=True, kw_only=True)
class ChangeSummary:
    """Changes between two versions, or of a folder since a version."""

    groups: Mapping[ChangeKind, ChangeGroup] = field(default_factory=dict)
    """Without empty groups, in the order of `ChangeKind`."""

    @property
    def words(self) -> str:
        """The changes in a line.

        Example: `2 changed: audio/hi.wav, translations/hi.srt; 1 removed`. Removed files are named where nothing else changed.
        """
        if not self.groups:
            return sentence("No file changed")
        is_only_removal = self.groups.keys() == {ChangeKind.REMOVED}
        return join(
            [
                group.describe(kind, is_named=kind is not ChangeKind.REMOVED or is_only_removal)
                for kind, group in self.groups.items()
            ],
            "; ",
        )

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the summary as JSON; `from_dict` reads it."""
        return {
            kind.value: {"count": group.count, "size": group.size, "paths": list(group.paths)}
            for kind, group in self.groups.items()
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Mapping[str, Any]]) -> ChangeSummary:
        groups = {
            kind: ChangeGroup(
                count=value[kind]["count"], size=value[kind]["size"], paths=tuple(value[kind]["paths"])
            )
            for kind in ChangeKind
            if kind in value
        }
        return cls(groups=groups)


def summarize_files(files: Mapping[ChangeKind, Iterable[tuple[str, int]]]) -> ChangeSummary:
    """Count paths and sizes of each kind of change."""
    groups = {}
    for kind in ChangeKind:
        rows = sorted(files.get(kind, ()))
        if rows:
            groups[kind] = ChangeGroup(
                count=len(rows),
                size=sum(size for _, size in rows),
                paths=tuple(path for path, _ in islice(rows, KEPT_PATHS)),
            )
    return ChangeSummary(groups=groups)


def summarize_manifests(old: Manifest, new: Manifest) -> ChangeSummary:
    """Return what leads from the old manifest to the new one."""
    return summarize_changes(diff_manifests(old, new), old)


def summarize_changes(changes: Changes, old: Manifest) -> ChangeSummary:
    """Summarize changes of a manifest.

    The session's own metadata.json is no file: an entry that becomes it is removed.

    :param old: the manifest that they change.
    """
    changed = {entry.path for entry in changes.changed}
    before = {entry.path: entry for entry in old.entries if entry.path in changed}
    pairs = [
        *((None, entry) for entry in changes.added),
        *((entry, None) for entry in changes.removed),
        *((before[entry.path], entry) for entry in changes.changed),
    ]
    files: dict[ChangeKind, list[tuple[str, int]]] = {kind: [] for kind in ChangeKind}
    for was, entry in pairs:
        kind = _find_kind_of_pair(_as_file(was), _as_file(entry))
        shown = entry if kind is not ChangeKind.REMOVED else was
        if kind is not None and shown is not None:
            files[kind].append((shown.path, shown.size))
    return summarize_files(files)


def find_kind_of_facts(*, has_same_label: bool, was_executable: bool, is_executable: bool) -> ChangeKind:
    """Return the kind of a change that leaves a file's bytes as they are.

    :param has_same_label: also by the same author.
    """
    if not has_same_label or was_executable == is_executable:
        return ChangeKind.RELABELED
    return ChangeKind.MADE_EXECUTABLE if is_executable else ChangeKind.NOT_EXECUTABLE


def _as_file(entry: ManifestEntry | None) -> ManifestEntry | None:
    return None if entry is not None and entry.is_metadata else entry


def _find_kind_of_pair(old: ManifestEntry | None, new: ManifestEntry | None) -> ChangeKind | None:
    if old is None:
        return None if new is None else ChangeKind.NEW
    return ChangeKind.REMOVED if new is None else find_kind(old, new)


def find_kind(old: ManifestEntry, new: ManifestEntry) -> ChangeKind:
    """Return the kind of change of a file that both manifests have, and that differs."""
    if old.sha256 != new.sha256:
        return ChangeKind.CHANGED
    return find_kind_of_facts(
        has_same_label=(old.label, old.labeled_by) == (new.label, new.labeled_by),
        was_executable=old.is_executable,
        is_executable=new.is_executable,
    )
