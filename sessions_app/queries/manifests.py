"""Entries of a version and their blobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from sys import intern
from typing import Any

from django.db.models import Q, QuerySet

from dubbing_core.categories import Category
from dubbing_core.labels import Label, LabelAuthor, Role
from dubbing_core.manifest import Manifest, ManifestEntry
from sessions_app.models import DubbingSession, Entry, Version
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.models.compiled_query import compiled_unprepared
from sessions_app.models.entry import EntryQuerySet

CATEGORIES = {category.value: category for category in Category}
ROLES = {role.value: role for role in Role}
AUTHORS = {author.value: author for author in LabelAuthor}


@dataclass(frozen=True, kw_only=True)
class VersionContents:
    """The entries of a version and the blob of each."""

    version: Version | None
    manifest: Manifest
    blob_ids: dict[str, int]
    """By path."""


def get_version_contents(version: Version | None) -> VersionContents:
    """Return the entries of a version and their blobs; none if there is no version."""
    rows = list(_entries(version)) if version is not None else []
    folders = version.empty_folders if version is not None else ()
    return VersionContents(
        version=version,
        manifest=_build_manifest((entry for entry, _ in rows), folders),
        blob_ids={entry.path: blob_id for entry, blob_id in rows},
    )


def get_version_manifest(version: Version | None) -> Manifest:
    """Return the manifest of a version; empty if there is no version."""
    if version is None:
        return Manifest.from_entries(())
    return _build_manifest((entry for entry, _ in _entries(version)), version.empty_folders)


def find_changed_hashes(
    session: DubbingSession, *, parent: int, number: int
) -> tuple[dict[str, str], dict[str, str]]:
    """Return path -> SHA-256 in two versions, of the files that changed between them."""
    entries = Entry.objects.filter(session=session).files()
    changed = entries.filter(
        Q(added_in__gt=parent, added_in__lte=number) | Q(removed_in__gt=parent, removed_in__lte=number)
    )
    before, after = (
        dict(changed.at(version).values_list("path", "blob__sha256")) for version in (parent, number)
    )
    return before, after


def load_differing_files(
    session_id: int, old: int, new: int
) -> tuple[list[ManifestEntry], list[ManifestEntry]]:
    """Return the files of two versions that may differ.

    Those that stayed the same in all versions between are left out.

    The session's own metadata.json is no file.
    """
    low, high = sorted((old, new))
    changed = (
        Entry.objects.filter(session_id=session_id)
        .files()
        .filter(Q(added_in__gt=low, added_in__lte=high) | Q(removed_in__gt=low, removed_in__lte=high))
    )
    before, after = ([entry for entry, _ in _build_entries(changed.at(number))] for number in (old, new))
    return before, after


def have_same_files(session: DubbingSession, old: int, new: int) -> bool:
    """Return whether two versions have the same paths and blobs."""
    changed = Entry.objects.filter(session=session).filter(Q(added_in__gt=old) | Q(removed_in__gt=old))
    before, after = (set(changed.at(number).values_list("path", "blob_id")) for number in (old, new))
    return before == after


def _build_manifest(entries: Iterable[ManifestEntry], empty_folders: Iterable[str]) -> Manifest:
    """Return a manifest whose paths were checked when it was saved."""
    ordered = sorted(entries, key=attrgetter("path"))
    return Manifest(entries=tuple(ordered), empty_folders=tuple(empty_folders))


def load_entries(version: Version) -> list[ManifestEntry]:
    """Return the entries of a version, sorted by path.

    They were checked when the version was saved.
    """
    return sorted((entry for entry, _ in _entries(version)), key=attrgetter("path"))


def get_labels_by_person(session_id: int, paths: Sequence[str]) -> dict[str, Label]:
    """Return the labels that a person set, by path.

    The newest label counts that a path had in any version.
    """
    newest: dict[str, tuple[str, Label]] = {}
    for start in range(0, len(paths), ROWS_PER_STATEMENT):
        rows = Entry.objects.filter(session_id=session_id, path__in=paths[start : start + ROWS_PER_STATEMENT])
        fields = ("path", "labeled_by", "category", "language", "role")
        for path, author, category, language, role in rows.order_by("added_in").values_list(*fields):
            label = Label(category=CATEGORIES[category], language=language, role=ROLES.get(role, Role.NONE))
            newest[path] = author, label
    return {path: label for path, (author, label) in newest.items() if author == LabelAuthor.PERSON}


def _entries(version: Version) -> Iterator[tuple[ManifestEntry, int]]:
    if version.file_count > ROWS_PER_STATEMENT:  # read in parts
        return _build_entries(Entry.objects.filter(session_id=version.session_id).at(version.number))
    return _build(_find_entries(version.session_id, version.number))


@compiled_unprepared
def _find_entries(session_id: int, number: int) -> QuerySet[Entry, Any]:
    return Entry.objects.filter(session_id=session_id).at(number).values_list(*FIELDS)


FIELDS = (
    "path",
    "blob__sha256",
    "blob__size",
    "blob__crc32",
    "category",
    "language",
    "role",
    "labeled_by",
    "is_executable",
    "mtime_ns",
    "added_in",
    "content_since",
    "blob_id",
)


def _build_entries(rows: EntryQuerySet) -> Iterator[tuple[ManifestEntry, int]]:
    return _build(rows.values_list(*FIELDS).iterator())


def _build(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[ManifestEntry, int]]:
    for (
        path,
        sha256,
        size,
        crc32,
        category,
        language,
        role,
        labeled_by,
        is_executable,
        mtime_ns,
        added_in,
        content_since,
        blob_id,
    ) in rows:
        yield (
            ManifestEntry(
                path=path,
                sha256=sha256,
                size=size,
                crc32=crc32,
                category=CATEGORIES[category],
                language=intern(language),
                role=ROLES.get(role, Role.NONE),
                labeled_by=AUTHORS[labeled_by],
                is_executable=is_executable,
                mtime_ns=mtime_ns,
                since=content_since or added_in,
            ),
            blob_id,
        )
