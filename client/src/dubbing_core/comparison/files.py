"""Files that differ between two versions."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeKind, ChangeSummary, find_kind, summarize_files
from dubbing_core.comparison.media import compare_media
from dubbing_core.enums import StrEnum
from dubbing_core.labels import LabelAuthor
from dubbing_core.manifest import ManifestEntry
from dubbing_core.media_facts import MediaFacts
from dubbing_core.sentences import sentence

CATEGORIES = list(Category)


class Grouping(StrEnum):
    """Order of the files in a comparison."""

    CATEGORY = "category"
    FOLDER = "folder"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileDifference:
    """A file that differs between two versions; at least one of both entries exists."""

    kind: ChangeKind
    before: ManifestEntry | None
    after: ManifestEntry | None
    media_before: MediaFacts | None = None
    """Of audio and video, as far as it is known."""
    media_after: MediaFacts | None = None

    @property
    def media_changes(self) -> list[tuple[str, str, str]]:
        """What differs in audio or video: name, value before, value after."""
        return compare_media(self.media_before, self.media_after)

    @property
    def media_summary(self) -> str:
        """Length, codecs and picture of a new or removed file; empty if they are unknown."""
        facts = self.media_before if self.after is None else self.media_after
        return facts.summary if facts is not None and (self.before is None or self.after is None) else ""

    @property
    def shown(self) -> ManifestEntry:
        """The entry in its new state; that of a removed file before."""
        entry = self.after or self.before
        assert entry is not None
        return entry

    @property
    def path(self) -> str:
        return self.shown.path

    @property
    def previous_path(self) -> str:
        """Where a moved file was; "" for others."""
        return self.before.path if self.kind is ChangeKind.MOVED and self.before is not None else ""

    @property
    def previous_size(self) -> int | None:
        """In bytes; None for new files."""
        return self.before.size if self.before is not None else None

    @property
    def relabeling(self) -> list[tuple[str, str, str]]:
        """What else changed: name, value before, value after.

        Empty for files that only one version has.
        """
        before, after = self.before, self.after
        if before is None or after is None or self.kind in MODE_KINDS:
            return []
        values = [
            (sentence("category"), before.category.label, after.category.label),
            (sentence("language"), before.language, after.language),
            (
                sentence("role"),
                before.role.label if before.role else "",
                after.role.label if after.role else "",
            ),
            (sentence("label"), AUTHORS[before.labeled_by], AUTHORS[after.labeled_by]),
            (
                sentence("executable"),
                *(sentence("yes") if entry.is_executable else sentence("no") for entry in (before, after)),
            ),
        ]
        return [(name, old, new) for name, old, new in values if old != new]

    def get_group(self, grouping: Grouping) -> str:
        """Return the category's value, or the folder with a slash.

        The topmost folder is "".
        """
        if grouping is Grouping.CATEGORY:
            return self.shown.category.value
        folder, slash, _ = self.path.rpartition("/")
        return folder + slash


MODE_KINDS = {ChangeKind.MADE_EXECUTABLE, ChangeKind.NOT_EXECUTABLE}
AUTHORS = {LabelAuthor.RECOGNIZER: sentence("recognized"), LabelAuthor.PERSON: sentence("set by a person")}


def compare_files(before: Iterable[ManifestEntry], after: Iterable[ManifestEntry]) -> list[FileDifference]:
    """Return the differences, sorted by path.

    A file is moved if its bytes were removed at one path and added at another one, one to one. Empty files, which are all equal, are
    moved only if they keep their names.

    :param before: files of the older version. Those that both versions have at the same path may be left out.
    """
    old = {entry.path: entry for entry in before}
    new = {entry.path: entry for entry in after}
    added = [entry for path, entry in new.items() if path not in old]
    removed = [entry for path, entry in old.items() if path not in new]
    sources = _find_moved(removed, added)
    moved_away = {entry.path for entry in sources.values()}
    differences = [
        FileDifference(
            kind=ChangeKind.MOVED if entry.path in sources else ChangeKind.NEW,
            before=sources.get(entry.path),
            after=entry,
        )
        for entry in added
    ]
    differences += [
        FileDifference(kind=ChangeKind.REMOVED, before=entry, after=None)
        for entry in removed
        if entry.path not in moved_away
    ]
    for path, entry in new.items():
        was = old.get(path)
        if was is not None and was != entry:
            differences.append(FileDifference(kind=find_kind(was, entry), before=was, after=entry))
    return sort_differences(differences, Grouping.FOLDER)


def sort_differences(differences: Iterable[FileDifference], grouping: Grouping) -> list[FileDifference]:
    return sorted(differences, key=lambda difference: get_sort_key(difference, grouping))


def get_sort_key(difference: FileDifference, grouping: Grouping) -> tuple[str, str]:
    """Return a key by which differences are sorted; each difference has its own."""
    if grouping is Grouping.CATEGORY:
        return f"{CATEGORIES.index(difference.shown.category):02}", difference.path
    return difference.get_group(grouping), difference.path


def summarize_differences(differences: Iterable[FileDifference]) -> ChangeSummary:
    """Count the differences of each kind."""
    files: dict[ChangeKind, list[tuple[str, int]]] = defaultdict(list)
    for difference in differences:
        files[difference.kind].append((difference.path, difference.shown.size))
    return summarize_files(files)


def filter_differences(
    differences: Iterable[FileDifference], *, kind: str = "", text: str = ""
) -> list[FileDifference]:
    """Return the differences of one kind, with words in one of their paths.

    :param kind: a `ChangeKind`; "" for all.
    :param text: words in any order and case.
    """
    words = text.casefold().split()
    return [
        difference
        for difference in differences
        if (not kind or difference.kind == kind) and _has_words(difference, words)
    ]


def _has_words(difference: FileDifference, words: Sequence[str]) -> bool:
    if not words:
        return True
    paths = f"{difference.path}\n{difference.previous_path}".casefold()
    return all(word in paths for word in words)


def _find_moved(removed: Iterable[ManifestEntry], added: Iterable[ManifestEntry]) -> dict[str, ManifestEntry]:
    """Return the former entry of each moved file, by its new path.

    Of several files with the same bytes, those of the same name belong together, then those in the same order.
    """
    named: dict[tuple[str, str], deque[ManifestEntry]] = defaultdict(deque)
    by_content: dict[str, deque[ManifestEntry]] = defaultdict(deque)
    for entry in sorted(removed):
        named[entry.sha256, _get_name(entry)].append(entry)
        by_content[entry.sha256].append(entry)
    sources: dict[str, ManifestEntry] = {}
    candidates = sorted(entry for entry in added if entry.sha256 in by_content)
    for entry in candidates:
        if former := named.get((entry.sha256, _get_name(entry))):
            sources[entry.path] = former.popleft()
    taken = {entry.path for entry in sources.values()}
    for entry in candidates:
        former = by_content[entry.sha256]
        while former and former[0].path in taken:
            former.popleft()
        if former and entry.size and entry.path not in sources:
            sources[entry.path] = former.popleft()
    return sources


def _get_name(entry: ManifestEntry) -> str:
    return entry.path.rpartition("/")[2]
